"""The processor as Linux shows it: /proc/cpuinfo and /sys/devices/system.

The files: cputopology.rst and ABI/testing/sysfs-devices-system-cpu in the kernel's Documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_FREQUENCY_IN_NAME = re.compile(r"@ ([\d.]+)GHz")


def read(root: Path = Path("/")) -> dict[str, Any]:
    """Fields of `Cpu` that files below `root` tell; a file that is not there leaves its field out."""
    cpus = root / "sys/devices/system/cpu"
    cpuinfo = (root / "proc/cpuinfo").read_text(errors="replace")
    return {
        **from_cpuinfo(cpuinfo),
        **_topology(cpus, root / "sys/devices"),
        **_kinds_of_arm(cpuinfo, cpus),
        **_frequencies(cpus / "cpu0"),
        **_numa(root / "sys/devices/system/node"),
        "caches": _caches(cpus),
        "vulnerabilities": _vulnerabilities(cpus / "vulnerabilities"),
    }


def from_cpuinfo(text: str) -> dict[str, Any]:
    """What the first processor of /proc/cpuinfo says; x86 and Arm use different keys."""
    rows = (line.partition(":") for line in text.partition("\n\n")[0].splitlines())
    first = {key.strip(): value.strip() for key, _, value in rows}
    model = first.get("model name") or first.get("Model") or first.get("cpu")
    stated = _FREQUENCY_IN_NAME.search(model or "")
    bits = re.findall(r"(\d+) bits", first.get("address sizes", ""))
    flags = first.get("flags") or first.get("Features")
    found = {
        "model": model,
        "vendor": first.get("vendor_id") or first.get("CPU implementer"),
        "family": _integer(first.get("cpu family") or first.get("CPU architecture")),
        "model_number": _integer(first.get("model") or first.get("CPU part")),
        "stepping": _integer(first.get("stepping") or first.get("CPU revision")),
        "features": tuple(flags.split()) if flags else None,
        "base_mhz": float(stated[1]) * 1000 if stated else None,
        "bogomips": _float(first.get("bogomips") or first.get("BogoMIPS")),
        "physical_address_bits": int(bits[0]) if len(bits) == 2 else None,
        "virtual_address_bits": int(bits[1]) if len(bits) == 2 else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def numbers_of(listed: str) -> set[int]:
    """The numbers of the kernel's list format, `0-3,8`."""
    spans = (span.partition("-") for span in listed.strip().split(",") if span)
    return {number for first, _, last in spans for number in range(int(first), int(last or first) + 1)}


def _topology(cpus: Path, devices: Path) -> dict[str, Any]:
    online = _text(cpus / "online")
    if online is None:
        return {}
    threads = numbers_of(online)
    siblings = {number: _text(cpus / f"cpu{number}/topology/thread_siblings_list") for number in threads}
    packages = {_text(cpus / f"cpu{number}/topology/physical_package_id") for number in threads}

    def cores(those: set[int]) -> int | None:
        cores_of = {siblings[number] for number in those & threads}
        return None if None in cores_of else len(cores_of)

    fast, slow = (_text(devices / name / "cpus") for name in ("cpu_core", "cpu_atom"))  # Intel's hybrids
    return {
        "online": online,
        "threads": len(threads),
        "cores": cores(threads),
        "sockets": None if None in packages else len(packages),
        "performance_cores": cores(numbers_of(fast)) if fast and slow else None,
        "efficiency_cores": cores(numbers_of(slow)) if fast and slow else None,
    }


def _kinds_of_arm(cpuinfo: str, cpus: Path) -> dict[str, Any]:
    """Arm's processors of several kinds: the parts differ, and the kernel rates the fastest highest."""
    parts = re.findall(r"^CPU part\s*: (\S+)", cpuinfo, re.MULTILINE)
    capacities = [_integer(_text(cpus / f"cpu{number}/cpu_capacity")) or 0 for number in range(len(parts))]
    if len(set(parts)) < 2 or not any(capacities):
        return {}
    fastest = parts[capacities.index(max(capacities))]
    fast = parts.count(fastest)
    return {"model_number": _integer(fastest), "performance_cores": fast, "efficiency_cores": len(parts) - fast}


def _frequencies(cpu: Path) -> dict[str, Any]:
    """MHz: cpufreq's files are in kHz, the firmware's nominal frequency (CPPC) in MHz."""
    base = _float(_text(cpu / "cpufreq/base_frequency"))
    nominal = _float(_text(cpu / "acpi_cppc/nominal_freq"))
    most = _float(_text(cpu / "cpufreq/cpuinfo_max_freq"))
    found = {"base_mhz": base / 1000 if base else nominal or None, "max_mhz": most / 1000 if most else None}
    return {name: value for name, value in found.items() if value is not None}


def _numa(nodes: Path) -> dict[str, Any]:
    folders = sorted(nodes.glob("node[0-9]*"), key=lambda folder: int(folder.name.removeprefix("node")))
    cpus = tuple(_text(folder / "cpulist") or "" for folder in folders)
    return {"numa_nodes": len(cpus), "numa_cpus": cpus} if cpus else {}


def _caches(cpus: Path) -> dict[str, int] | None:
    """Bytes of all instances of each cache: processors that share one list the same processors."""
    seen: dict[tuple[str, str], int] = {}
    for name, shared, size in _cache_entries(cpus):
        seen[name, shared] = size
    total: dict[str, int] = {}
    for (name, _), size in sorted(seen.items()):
        total[name] = total.get(name, 0) + size
    return total or None


def _cache_entries(cpus: Path) -> Iterator[tuple[str, str, int]]:
    for folder in cpus.glob("cpu[0-9]*/cache/index[0-9]*"):
        level, kind, size = (_text(folder / name) for name in ("level", "type", "size"))
        if level and kind and size and size.endswith("K"):
            suffix = {"Data": "d", "Instruction": "i"}.get(kind, "")
            yield f"L{level}{suffix}", _text(folder / "shared_cpu_list") or str(folder), int(size[:-1]) << 10


def _vulnerabilities(folder: Path) -> dict[str, str] | None:
    found = {path.name: _text(path) for path in sorted(folder.glob("*"))}
    return {name: state for name, state in found.items() if state is not None} or None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return None


def _integer(text: str | None) -> int | None:
    try:
        return int(text, 0) if text else None
    except ValueError:
        return None


def _float(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
