"""A fake of the package nvidia-ml-py, for tests: `install` writes it as a module `pynvml` into a folder."""

from __future__ import annotations

from pathlib import Path

NOT_SUPPORTED, LIBRARY_NOT_FOUND, DRIVER_NOT_LOADED, MISMATCH = 3, 12, 9, 18

SOURCE = '''
"""Answers as the package does on a server of two A100, of which the second is in MIG mode and tells little."""
from types import SimpleNamespace as _Answer

FAILURE = None

class NVMLError(Exception):
    _texts = {3: "Not Supported", 9: "Driver Not Loaded", 12: "NVML Shared Library Not Found",
              18: "RM has detected an NVML/RM version mismatch."}
    def __init__(self, value):
        super().__init__(value)
        self.value = value
    def __str__(self):
        return self._texts[self.value]

def nvmlInit():
    if FAILURE is not None:
        raise NVMLError(FAILURE)

def nvmlSystemGetDriverVersion(): return "535.54.03"
def nvmlSystemGetCudaDriverVersion(): return 12020
def nvmlSystemGetProcessName(pid): return b"/usr/bin/python3"
def nvmlDeviceGetCount(): return 2
def nvmlDeviceGetHandleByIndex(index): return ["first", "second"][index]
def nvmlDeviceGetName(handle):
    return {"first": b"NVIDIA A100-SXM4-80GB", "second": "NVIDIA A100-SXM4-80GB",
            "slice": "NVIDIA A100-SXM4-80GB MIG 1g.10gb"}[handle]
def nvmlDeviceGetUUID(handle): return {"first": "GPU-1", "second": "GPU-2", "slice": "MIG-3"}[handle]
def nvmlDeviceGetMemoryInfo(handle):
    total = {"first": 81920, "second": 81920, "slice": 9728}[handle] << 20
    return _Answer(total=total, free=total - (50 << 20), used=50 << 20)
def nvmlDeviceGetMigMode(handle): return [int(handle == "second"), int(handle == "second")]
def nvmlDeviceGetMaxMigDeviceCount(handle): return 7
def nvmlDeviceGetMigDeviceHandleByIndex(handle, index):
    if index != 1:
        raise NVMLError(3)
    return "slice"

def _first(answer):
    def question(handle, *arguments):
        if handle != "first":
            raise NVMLError(3)
        return answer(*arguments) if callable(answer) else answer
    return question

nvmlDeviceGetSerial = _first(b"1650522003820")
nvmlDeviceGetPciInfo = _first(_Answer(busId=b"00000000:01:00.0", pciDeviceId=0x20B210DE))
nvmlDeviceGetCudaComputeCapability = _first((8, 0))
nvmlDeviceGetNumGpuCores = _first(6912)
nvmlDeviceGetMemoryBusWidth = _first(5120)
nvmlDeviceGetMaxClockInfo = _first(lambda kind: {1: 1410, 2: 1593}[kind])
nvmlDeviceGetClockInfo = _first(lambda kind: {1: 1275, 2: 1593}[kind])
nvmlDeviceGetNumaNodeId = _first(1)
def nvmlDeviceGetNvLinkState(handle, link):
    if handle != "first" or link >= 12:
        raise NVMLError(3)
    return int(link != 5)
nvmlDeviceGetComputeRunningProcesses = _first([_Answer(pid=1, usedGpuMemory=500 << 20)])
nvmlDeviceGetGraphicsRunningProcesses = _first([])
nvmlDeviceGetTemperature = _first(lambda sensor: 27)
nvmlDeviceGetUtilizationRates = _first(_Answer(gpu=65, memory=9))
nvmlDeviceGetEncoderUtilization = _first([3, 167000])
nvmlDeviceGetPerformanceState = _first(0)
nvmlDeviceGetPowerUsage = _first(67030)
nvmlDeviceGetEnforcedPowerLimit = _first(400000)
nvmlDeviceGetPowerManagementDefaultLimit = _first(500000)
nvmlDeviceGetPowerManagementLimitConstraints = _first([100000, 500000])
nvmlDeviceGetCurrentClocksThrottleReasons = _first(0x24)
nvmlDeviceGetCurrentEccMode = _first(1)
nvmlDeviceGetTotalEccErrors = _first(lambda kind, counter: {(1, 0): 2}[kind, counter])
nvmlDeviceGetRemappedRows = _first((0, 1, 1, 0))
nvmlDeviceGetCurrPcieLinkGeneration = _first(4)
nvmlDeviceGetMaxPcieLinkGeneration = _first(4)
nvmlDeviceGetCurrPcieLinkWidth = _first(8)
nvmlDeviceGetMaxPcieLinkWidth = _first(16)
nvmlDeviceGetPersistenceMode = _first(0)
nvmlDeviceGetComputeMode = _first(3)
nvmlDeviceGetDisplayActive = _first(0)
def nvmlDeviceGetP2PStatus(one, other, index):
    raise NVMLError(3)
def nvmlDeviceGetTopologyCommonAncestor(one, other): return 50
'''


def install(folder: Path, *, failure: int | None = None, before: str = "") -> None:
    """Write the module; `failure` is the error of nvmlInit, `before` runs when it is imported."""
    text = SOURCE.replace("FAILURE = None", f"FAILURE = {failure}")
    (folder / "pynvml.py").write_text(f"{before}\n{text}", encoding="utf-8")
