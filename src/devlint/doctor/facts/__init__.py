"""What is known of a machine: frozen, plain data that serialise, so that another machine's facts replay anywhere.

A section or a field that is None was not found out; `Facts.gaps` says why, by its path.
"""

from devlint.doctor.facts.cpu import Cpu
from devlint.doctor.facts.gpu import Gpu, GpuHealth, GpuProcess, GpuVendor, MigInstance, NvidiaDriver
from devlint.doctor.facts.host import Container, Disk, Host, Limits, Memory, Scheduler
from devlint.doctor.facts.machine import Facts, Origin
from devlint.doctor.facts.stack import Library, Python, Toolchain, TorchBuild, TorchDevice

__all__ = [
    "Container",
    "Cpu",
    "Disk",
    "Facts",
    "Gpu",
    "GpuHealth",
    "GpuProcess",
    "GpuVendor",
    "Host",
    "Library",
    "Limits",
    "Memory",
    "MigInstance",
    "NvidiaDriver",
    "Origin",
    "Python",
    "Scheduler",
    "Toolchain",
    "TorchBuild",
    "TorchDevice",
]
