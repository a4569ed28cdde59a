"""RAM, swap, shared memory and the control group's limit."""

from __future__ import annotations

import os
from pathlib import Path

from devlint.doctor.facts import Memory
from devlint.doctor.probes import cgroups
from devlint.doctor.probes.answer import Gaps
from devlint.doctor.probes.cgroups import CgroupLimits
from devlint.doctor.probes.system import system_name

_SHARED = Path("/dev/shm")


def probe(gaps: Gaps) -> Memory:
    """Memory of this machine, in bytes."""
    total, available, swap_total, swap_free = gaps.attempt("total", _system_memory) or (None, None, None, None)
    limits, shared = CgroupLimits(), None
    if system_name() == "Linux":
        limits = gaps.attempt("limit", cgroups.read_limits) or limits
        shared = gaps.attempt("shm_total", lambda: os.statvfs(_SHARED))
    return Memory(
        total=total,
        available=available,
        swap_total=swap_total,
        swap_free=swap_free,
        limit=limits.memory,
        limit_used=limits.memory_used,
        shm_total=shared and shared.f_blocks * shared.f_frsize,
        shm_free=shared and shared.f_bavail * shared.f_frsize,
    )


def _system_memory() -> tuple[int, int, int, int]:
    if system_name() == "Linux":
        return from_meminfo(Path("/proc/meminfo").read_text())
    import psutil

    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    return memory.total, memory.available, swap.total, swap.free


def from_meminfo(text: str) -> tuple[int, int, int, int]:
    """RAM and what is available of it, swap and what is free of it, in bytes, of /proc/meminfo."""
    rows = (line.split() for line in text.splitlines())
    sizes = {row[0].rstrip(":"): int(row[1]) << 10 for row in rows if len(row) == 3}
    return sizes["MemTotal"], sizes["MemAvailable"], sizes["SwapTotal"], sizes["SwapFree"]
