"""The processor as macOS shows it: `sysctl`, of Apple's own and of Intel's.

Keys: Apple's developer page "Determining system capabilities" (hw.perflevel...), and `sysctl -a` of both kinds of Mac.
"""

from __future__ import annotations

from typing import Any

from devlint.doctor.probes.commands import run_bounded

_KEYS = (
    "machdep.cpu",
    "hw.physicalcpu",
    "hw.logicalcpu",
    "hw.packages",
    "hw.perflevel0",
    "hw.perflevel1",
    "hw.perflevel2",
    "hw.nperflevels",
    "hw.cpufrequency",
    "hw.cpufrequency_max",
    "hw.l1dcachesize",
    "hw.l1icachesize",
    "hw.l2cachesize",
    "hw.l3cachesize",
    "hw.optional",
    "kern.hv_vmm_present",
)


def read() -> dict[str, Any]:
    """Fields of `Cpu`, asked of the running system."""
    return from_sysctl(run_bounded(["/usr/sbin/sysctl", "-i", *_KEYS]))


def from_sysctl(text: str) -> dict[str, Any]:
    """Fields of `Cpu` of what `sysctl` prints, `key: value` a line; a key that is not there leaves its field out."""
    rows = (line.partition(": ") for line in text.splitlines())
    values = {key.strip(): value.strip() for key, separator, value in rows if separator}

    def number(key: str) -> int | None:
        return int(values[key]) if values.get(key, "").isdecimal() else None

    levels = [number(f"hw.perflevel{level}.physicalcpu") or 0 for level in range(number("hw.nperflevels") or 0)]
    hybrid = len(levels) > 1
    base, most = number("hw.cpufrequency"), number("hw.cpufrequency_max")
    found = {
        "model": values.get("machdep.cpu.brand_string"),
        "vendor": values.get("machdep.cpu.vendor") or ("Apple" if levels else None),
        "family": number("machdep.cpu.family"),
        "model_number": number("machdep.cpu.model"),
        "stepping": number("machdep.cpu.stepping"),
        "cores": number("hw.physicalcpu"),
        "threads": number("hw.logicalcpu"),
        "sockets": number("hw.packages"),
        "performance_cores": levels[0] if hybrid else None,
        "efficiency_cores": sum(levels[1:]) if hybrid else None,
        "base_mhz": base / 1e6 if base else None,
        "max_mhz": most / 1e6 if most else None,
        "hypervisor": "a hypervisor" if number("kern.hv_vmm_present") else None,
        "features": _features(values),
        "caches": _caches(number),
    }
    return {name: value for name, value in found.items() if value is not None}


def _features(values: dict[str, str]) -> tuple[str, ...] | None:
    """Flags as Linux names them: Intel's come in upper case and with dots, Arm's as `hw.optional.arm.FEAT_BF16: 1`."""
    keys = ("machdep.cpu.features", "machdep.cpu.leaf7_features", "machdep.cpu.extfeatures")
    flags = [flag.lower().replace(".", "_") for key in keys for flag in values.get(key, "").split()]
    flags = [_LINUX_NAMES.get(flag, flag) for flag in flags]
    arm = "hw.optional.arm.FEAT_"
    flags += [key.removeprefix(arm).lower() for key, value in values.items() if key.startswith(arm) and value == "1"]
    return tuple(sorted(set(flags))) or None


_LINUX_NAMES = {"avx1_0": "avx", "lahf": "lahf_lm", "sha": "sha_ni", "avx512vbmi2": "avx512_vbmi2"}
"""Intel's flags as macOS spells them (lower case) -> as Linux does, where these differ."""


def _caches(number: Any) -> dict[str, int] | None:
    """Bytes, of the fast cores where there are several kinds: there `hw.l2cachesize` is the slow ones'."""
    names = {"L1d": "l1dcachesize", "L1i": "l1icachesize", "L2": "l2cachesize", "L3": "l3cachesize"}
    found = {name: number(f"hw.perflevel0.{key}") or number(f"hw.{key}") for name, key in names.items()}
    return {name: size for name, size in found.items() if size} or None
