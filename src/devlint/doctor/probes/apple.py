"""The GPU in one of Apple's chips, which shares the machine's memory."""

from __future__ import annotations

import json
import platform
import re
from typing import Any

from devlint.doctor.facts.gpu import Gpu, GpuVendor
from devlint.doctor.probes.answer import NotAvailable
from devlint.doctor.probes.commands import run_bounded
from devlint.doctor.probes.known import described

_LIMIT = 10.0
_SYSCTL = ("/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string", "hw.memsize")
_PROFILER = ("/usr/sbin/system_profiler", "SPDisplaysDataType", "-json")


def probe() -> tuple[Gpu, ...]:
    """The one GPU of a Mac with Apple silicon; none elsewhere."""
    if platform.system() != "Darwin" or platform.machine() != "arm64":
        return ()
    return (described(parse(run_bounded(_SYSCTL, limit=_LIMIT), _displays())),)


def _displays() -> str | None:
    """What the slow system_profiler says: it knows the number of cores and nothing else that matters."""
    try:
        return run_bounded(_PROFILER, limit=_LIMIT)
    except NotAvailable:
        return None


def parse(sysctl: str, displays: str | None) -> Gpu:
    """The GPU: the chip's name and the RAM are lines of `sysctl`, the cores stand in `displays` (JSON)."""
    name, memory, *_ = [*sysctl.splitlines(), "", ""]
    if not name.startswith("Apple "):
        raise NotAvailable(f"sysctl names no chip of Apple's: {name!r}")
    return Gpu(
        vendor=GpuVendor.APPLE,
        index=0,
        name=name.strip(),
        cores=_cores(displays),
        memory_total=int(memory) if memory.isdecimal() else None,
    )


def _cores(displays: str | None) -> int | None:
    try:
        chips: list[dict[str, Any]] = json.loads(displays or "")["SPDisplaysDataType"]
    except (ValueError, KeyError):
        return None
    found = [re.fullmatch(r"\d+", str(chip.get("sppci_cores", ""))) for chip in chips]
    return next((int(each[0]) for each in found if each), None)
