"""Asks NVIDIA's management library, in a process of its own: the library may hang where a driver is broken.

Run as a script, with nothing but the standard library and nvidia-ml-py, which it imports as `pynvml`. Prints one line
of JSON: `gpus`, `driver` and `topology` in the names of `devlint.doctor.facts.gpu`, or why there are none.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Fields = dict[str, Any]

_LIBRARY_NOT_FOUND = 12
_THROTTLE_REASONS = {
    0x001: "gpu-idle",
    0x002: "applications-clocks-setting",
    0x004: "sw-power-cap",
    0x008: "hw-slowdown",
    0x010: "sync-boost",
    0x020: "sw-thermal-slowdown",
    0x040: "hw-thermal-slowdown",
    0x080: "hw-power-brake-slowdown",
    0x100: "display-clocks-setting",
}
_COMPUTE_MODES = {0: "default", 1: "exclusive-thread", 2: "prohibited", 3: "exclusive-process"}
_DRIVER_MODELS = {0: "wddm", 1: "tcc", 2: "mcdm"}
_PATHS = {0: "PIX", 10: "PIX", 20: "PXB", 30: "PHB", 40: "NODE", 50: "SYS"}
"""NVML's common ancestor of two GPUs -> the word of `nvidia-smi topo -m`."""
_NVLINK, _OK = 2, 0
_MOST_LINKS = 36
_UNCORRECTED, _VOLATILE = 1, 0
_SM, _MEMORY = 1, 2
_CORE_TEMPERATURE = 0


def main() -> None:
    """Print what there is to say."""
    try:
        import pynvml
    except ModuleNotFoundError:
        answer: Fields = {"missing": True}
    else:
        answer = ask(pynvml)
    print(json.dumps(answer))


def ask(nvml: Any) -> Fields:
    """All that the library tells; `{"absent": True}` where there is none, `{"error": text}` where it fails."""
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        return {"absent": True} if error.value == _LIBRARY_NOT_FOUND else {"error": f"NVML: {error}"}
    handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
    return {
        "driver": {
            "version": _text(_try(nvml.nvmlSystemGetDriverVersion)),
            "cuda": _cuda(_try(nvml.nvmlSystemGetCudaDriverVersion)),
        },
        "gpus": [_gpu(nvml, index, handle) for index, handle in enumerate(handles)],
        "topology": [[_path(nvml, one, other) for other in handles] for one in handles],
    }


def _try(question: Callable[..., Any], *arguments: Any) -> Any:
    """The answer, or None: cards and drivers differ in what they can tell, and each failing answer is its own."""
    try:
        return question(*arguments)
    except Exception:  # NVMLError, or AttributeError of a package that is older than the function
        return None


def _text(answer: Any) -> Any:
    """Old versions of the package answer with bytes."""
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer


def _cuda(number: int | None) -> list[int] | None:
    """12020 is CUDA 12.2."""
    return None if number is None else [number // 1000, number % 1000 // 10]


def _gpu(nvml: Any, index: int, handle: Any) -> Fields:
    def get(name: str, *arguments: Any) -> Any:
        question = getattr(nvml, f"nvmlDeviceGet{name}", None)
        return None if question is None else _try(question, handle, *arguments)

    memory, pci, mig = get("MemoryInfo"), get("PciInfo"), get("MigMode")
    width, clock = get("MemoryBusWidth"), get("MaxClockInfo", _MEMORY)
    return {
        "index": index,
        "name": _text(get("Name")),
        "uuid": _text(get("UUID")),
        "serial": _text(get("Serial")),
        "pci_bus_id": None if pci is None else _text(pci.busId),
        "pci_device_id": None if pci is None else f"10de:{pci.pciDeviceId >> 16:04x}",
        "compute_capability": get("CudaComputeCapability"),
        "cores": get("NumGpuCores"),
        "memory_total": None if memory is None else memory.total,
        "memory_free": None if memory is None else memory.free,
        "memory_used": None if memory is None else memory.used,
        "memory_bus_width": width,
        "memory_bandwidth": None if width is None or clock is None else int(width / 8 * clock * 2e6),
        "driver_model": _DRIVER_MODELS.get(get("CurrentDriverModel")),
        "numa_node": get("NumaNodeId"),
        "nvlinks": _nvlinks(get),
        "mig_mode": None if mig is None else bool(mig[0]),
        "mig_instances": _mig_instances(nvml, handle) if mig is not None and mig[0] else [],
        "processes": _processes(nvml, get),
        "health": _health(get),
    }


def _health(get: Callable[..., Any]) -> Fields:
    use, limits, rows = get("UtilizationRates"), get("PowerManagementLimitConstraints"), get("RemappedRows")
    reasons, retired = get("CurrentClocksEventReasons"), get("RetiredPagesPendingStatus")
    if reasons is None:
        reasons = get("CurrentClocksThrottleReasons")  # the name before driver 535
    if retired is None and rows is not None:
        retired = rows[2]
    return {
        "temperature": get("Temperature", _CORE_TEMPERATURE),
        "fan_percent": get("FanSpeed"),
        "utilisation_percent": None if use is None else use.gpu,
        "memory_utilisation_percent": None if use is None else use.memory,
        "encoder_utilisation_percent": _first(get("EncoderUtilization")),
        "decoder_utilisation_percent": _first(get("DecoderUtilization")),
        "performance_state": get("PerformanceState"),
        "power_draw": _watts(get("PowerUsage")),
        "power_limit": _watts(get("EnforcedPowerLimit")),
        "power_default": _watts(get("PowerManagementDefaultLimit")),
        "power_max": None if limits is None else _watts(limits[1]),
        "sm_clock": get("ClockInfo", _SM),
        "sm_clock_max": get("MaxClockInfo", _SM),
        "memory_clock": get("ClockInfo", _MEMORY),
        "memory_clock_max": get("MaxClockInfo", _MEMORY),
        "throttle_reasons": _reasons(reasons),
        "ecc_enabled": _flag(get("CurrentEccMode")),
        "ecc_uncorrected": get("TotalEccErrors", _UNCORRECTED, _VOLATILE),
        "retired_pages_pending": _flag(retired),
        "row_remap_failed": None if rows is None else bool(rows[3]),
        "pcie_generation": get("CurrPcieLinkGeneration"),
        "pcie_generation_max": get("MaxPcieLinkGeneration"),
        "pcie_width": get("CurrPcieLinkWidth"),
        "pcie_width_max": get("MaxPcieLinkWidth"),
        "persistence": _flag(get("PersistenceMode")),
        "compute_mode": _COMPUTE_MODES.get(get("ComputeMode")),
        "display_active": _flag(get("DisplayActive")),
    }


def _reasons(bits: int | None) -> list[str] | None:
    return None if bits is None else [text for bit, text in _THROTTLE_REASONS.items() if bits & bit]


def _first(pair: Any) -> Any:
    return None if pair is None else pair[0]


def _flag(answer: Any) -> bool | None:
    return None if answer is None else bool(answer)


def _watts(milliwatts: int | None) -> float | None:
    return None if milliwatts is None else milliwatts / 1000


def _nvlinks(get: Callable[..., Any]) -> int | None:
    """How many links are up; None where the card has none."""
    states = [get("NvLinkState", link) for link in range(_MOST_LINKS)]
    known = [state for state in states if state is not None]
    return sum(known) if known else None


def _mig_instances(nvml: Any, handle: Any) -> list[Fields]:
    found = []
    for index in range(_try(nvml.nvmlDeviceGetMaxMigDeviceCount, handle) or 0):
        device = _try(nvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, index)
        if device is None:
            continue
        memory, name = _try(nvml.nvmlDeviceGetMemoryInfo, device), _text(_try(nvml.nvmlDeviceGetName, device))
        profile = name.partition(" MIG ")[2] if name else None
        uuid = _text(_try(nvml.nvmlDeviceGetUUID, device))
        found.append({"uuid": uuid, "profile": profile or None, "memory": None if memory is None else memory.total})
    return found


def _processes(nvml: Any, get: Callable[..., Any]) -> list[Fields] | None:
    kinds = [get("ComputeRunningProcesses"), get("GraphicsRunningProcesses")]
    if kinds == [None, None]:
        return None
    running = {process.pid: process for kind in kinds for process in kind or ()}
    return [
        {"pid": pid, "memory": process.usedGpuMemory, "name": _text(_try(nvml.nvmlSystemGetProcessName, pid))}
        for pid, process in running.items()
    ]


def _path(nvml: Any, one: Any, other: Any) -> str:
    """How two GPUs reach each other, in the words of `nvidia-smi topo -m`; `NV` is NVLink, `?` not known."""
    if one is other:
        return "X"
    if _try(nvml.nvmlDeviceGetP2PStatus, one, other, _NVLINK) == _OK:
        return "NV"
    return _PATHS.get(_try(nvml.nvmlDeviceGetTopologyCommonAncestor, one, other), "?")


if __name__ == "__main__":
    main()
