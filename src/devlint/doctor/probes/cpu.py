"""The processor, and how much of it this process may use."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from devlint.doctor.catalog import cpus
from devlint.doctor.catalog.cpus import Microarchitecture
from devlint.doctor.facts import Cpu
from devlint.doctor.probes import cgroups, cpu_linux, cpu_macos, cpu_windows
from devlint.doctor.probes.answer import Gaps, NotAvailable
from devlint.doctor.probes.commands import run_bounded
from devlint.doctor.probes.system import machine_name, system_name

_READERS: dict[str, Callable[[], dict[str, Any]]] = {
    "Linux": cpu_linux.read,
    "Darwin": cpu_macos.read,
    "Windows": cpu_windows.read,
}


def probe(gaps: Gaps) -> Cpu:
    """The processor of this machine; NotAvailable on a system that no reader is for."""
    system = system_name()
    if system not in _READERS:
        raise NotAvailable(f"no reader for the processor of {system}")
    found = _READERS[system]()
    if "features" not in found:
        found["features"] = gaps.attempt("features", _features_by_cpuid)
    found.setdefault("threads", os.cpu_count())
    found["architecture"] = machine_name()
    found["byte_order"] = sys.byteorder
    found["affinity"] = gaps.attempt("affinity", _affinity)
    found["load"] = gaps.attempt("load", _load)
    if system == "Linux":
        found["quota"] = gaps.attempt("quota", lambda: cgroups.read_limits().quota)
        found["numa_of_process"] = _nodes_of(os.sched_getaffinity(0), found.get("numa_cpus"))
        if "hypervisor" in (found["features"] or ()):
            found["hypervisor"] = gaps.attempt("hypervisor", _hypervisor)
    for name in ("base_mhz", "max_mhz"):
        if found.get(name) is None:
            hidden = "the hypervisor hides it" if found.get("hypervisor") else "the system does not tell it"
            gaps.note(name, hidden)
    what = gaps.attempt("microarchitecture", lambda: microarchitecture(found, _asked_of_archspec))
    if what is not None:
        found.update(microarchitecture=what.name, generation=what.words, year=what.year)
        found.setdefault("model", what.words)  # Arm's processors do not tell their names
    found["vendor"] = cpus.implementer(found.get("vendor"))
    return Cpu(**{name: value for name, value in found.items() if value is not None})


def microarchitecture(found: dict[str, Any], ask: Callable[[], str]) -> Microarchitecture:
    """What design a processor is of: by its numbers, by its name if it is Apple's, or as archspec (`ask`) guesses.

    The numbers come first because archspec goes by feature flags, which hypervisors hide: on such a machine it answers
    the generic `x86_64_v4` for a Zen 4, or an older design. NotAvailable if nothing knows it.
    """
    known = None
    if {"vendor", "family", "model_number"} <= found.keys():
        stepping = found.get("stepping") or 0
        known = cpus.by_model(found["vendor"], found["family"], found["model_number"], stepping)
    elif apple := re.match(r"Apple (M\d+)", found.get("model") or ""):
        known = cpus.by_name(apple[1].lower())
    if known is None:
        guess = ask()
        known = cpus.by_name(guess)
        if known is None:
            raise NotAvailable(f"its numbers are in no table of devlint's, and archspec only says `{guess}`")
    return known


def _asked_of_archspec() -> str:
    import archspec.cpu

    return str(archspec.cpu.host().name)


def _features_by_cpuid() -> tuple[str, ...]:
    """Flags of the CPUID instruction, where the system does not list them (Windows)."""
    from archspec.cpu.detect import detected_info

    flags = detected_info().features
    if not flags:
        raise NotAvailable("archspec cannot read the flags of this processor")
    return tuple(sorted(flags))


def _affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    if sys.platform == "darwin":
        raise NotAvailable("macOS has no affinity of processes")
    import psutil

    return len(psutil.Process().cpu_affinity())


def _load() -> tuple[float, float, float]:
    if hasattr(os, "getloadavg"):
        return os.getloadavg()
    raise NotAvailable("Windows has no load average")


def _nodes_of(affinity: set[int], numa_cpus: tuple[str, ...] | None) -> tuple[int, ...] | None:
    """The NUMA nodes that this process may run on."""
    if numa_cpus is None:
        return None
    return tuple(node for node, listed in enumerate(numa_cpus) if cpu_linux.numbers_of(listed) & affinity)


def _hypervisor(root: Path = Path("/")) -> str:
    """The vendor, as lscpu reads it from CPUID or as the firmware's tables name it."""
    vendor = root / "sys/class/dmi/id/sys_vendor"
    try:
        listed = run_bounded(["lscpu"])
    except NotAvailable:
        return vendor.read_text().strip()
    named = re.search(r"^Hypervisor vendor:\s*(.+)$", listed, re.MULTILINE)
    return named[1] if named else vendor.read_text().strip()
