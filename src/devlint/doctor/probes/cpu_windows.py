"""The processor as Windows shows it: the registry, and GetLogicalProcessorInformationEx for what it does not hold."""

from __future__ import annotations

import re
import struct
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from devlint.doctor.probes.answer import NotAvailable

_KEY = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
_IDENTIFIER = re.compile(r"Family (\d+) Model (\d+) Stepping (\d+)")

_CORE, _NUMA_NODE, _CACHE, _PACKAGE, _ALL = 0, 1, 2, 3, 0xFFFF
"""LOGICAL_PROCESSOR_RELATIONSHIP (winnt.h)."""

_CACHE_KINDS = {0: "", 1: "i", 2: "d"}
"""PROCESSOR_CACHE_TYPE (winnt.h): unified, instruction, data."""


def read() -> dict[str, Any]:
    """Fields of `Cpu`, asked of the running system."""
    return {**from_registry(_registry()), **from_relations(_relations())}


def from_registry(values: Mapping[str, object]) -> dict[str, Any]:
    """Fields of `Cpu` of the values below `CentralProcessor\\0`; `~MHz` is the base frequency."""
    numbers = _IDENTIFIER.search(str(values.get("Identifier", "")))
    family, model, stepping = map(int, numbers.groups()) if numbers else (None, None, None)
    mhz = values.get("~MHz")
    found = {
        "model": str(values["ProcessorNameString"]).strip() if "ProcessorNameString" in values else None,
        "vendor": values.get("VendorIdentifier"),
        "family": family,
        "model_number": model,
        "stepping": stepping,
        "base_mhz": float(mhz) if isinstance(mhz, int) else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def from_relations(data: bytes) -> dict[str, Any]:
    """Fields of `Cpu` of SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX records (winnt.h; little-endian, 64 bits).

    A core's EfficiencyClass is higher the faster it is; on a uniform processor all are 0.
    """
    classes: Counter[int] = Counter()
    caches: Counter[str] = Counter()
    threads = nodes = packages = 0
    for kind, record in _records(data):
        if kind == _CORE:
            classes[record[9]] += 1
            (groups,) = struct.unpack_from("<H", record, 30)
            threads += sum(struct.unpack_from("<Q", record, 32 + 16 * each)[0].bit_count() for each in range(groups))
        elif kind == _NUMA_NODE:
            nodes += 1
        elif kind == _PACKAGE:
            packages += 1
        elif kind == _CACHE:
            level, _, _, size, cache_kind = struct.unpack_from("<BBHII", record, 8)
            if cache_kind in _CACHE_KINDS:
                caches[f"L{level}{_CACHE_KINDS[cache_kind]}"] += size
    hybrid = len(classes) > 1
    fast = max(classes, default=0)
    return {
        "cores": classes.total() or None,
        "threads": threads or None,
        "sockets": packages or None,
        "numa_nodes": nodes or None,
        "performance_cores": classes[fast] if hybrid else None,
        "efficiency_cores": classes.total() - classes[fast] if hybrid else None,
        "caches": dict(sorted(caches.items())) or None,
    }


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + 8 <= len(data):
        kind, size = struct.unpack_from("<II", data, place)
        if size < 8:
            return
        yield kind, data[place : place + size]
        place += size


def _registry() -> dict[str, object]:
    if sys.platform != "win32":
        raise NotAvailable("only Windows has a registry")
    import winreg

    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _KEY) as key:
        count = winreg.QueryInfoKey(key)[1]
        return {name: value for name, value, _ in (winreg.EnumValue(key, index) for index in range(count))}


def _relations() -> bytes:
    if sys.platform != "win32":
        raise NotAvailable("only Windows tells relations of processors")
    import ctypes

    ask = ctypes.WinDLL("kernel32", use_last_error=True).GetLogicalProcessorInformationEx
    size = ctypes.c_ulong(0)
    ask(_ALL, None, ctypes.byref(size))
    buffer = ctypes.create_string_buffer(size.value)
    if not ask(_ALL, buffer, ctypes.byref(size)):
        raise ctypes.WinError(ctypes.get_last_error())
    return buffer.raw[: size.value]
