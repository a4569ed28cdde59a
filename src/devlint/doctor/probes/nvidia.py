"""NVIDIA's GPUs: the management library (NVML) in a bounded process, or else nvidia-smi."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from devlint.doctor.facts.gpu import Gpu, GpuHealth, GpuProcess, GpuVendor, MigInstance, NvidiaDriver
from devlint.doctor.probes import nvml, smi, sysfs
from devlint.doctor.probes.answer import NotAvailable
from devlint.doctor.probes.commands import Program, run_bounded
from devlint.doctor.probes.known import described

Fields = dict[str, Any]
Topology = tuple[tuple[str, ...], ...]
Answer = tuple[tuple[Gpu, ...], NvidiaDriver | None, Topology | None]

_NVML_LIMIT = 8.0
"""Seconds; without persistence mode each GPU takes one or two to wake up."""
_SMI_LIMIT = 4.0
_CAPABILITY_LIMIT = 2.0
_LIBRARIES = ("usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64", "usr/lib", "usr/lib/wsl/lib")
_MODULE_VERSION = re.compile(r"Kernel Module.*?\s(\d+\.\d+(?:\.\d+)?)\s")


def probe(root: Path = Path("/")) -> Answer:
    """The GPUs, the driver, and how the GPUs are connected; `((), None, None)` where nothing of NVIDIA is.

    A driver that is there and fails is `NvidiaDriver.error`. Raises NotAvailable if only a package is missing to ask
    it. `root` is where the system's files are.
    """
    gpus, driver, topology = _asked(NvidiaDriver(kernel_module=_kernel_module(root), library=_library(root)))
    return tuple(_placed(gpu, root) for gpu in gpus), driver, topology


def _asked(traces: NvidiaDriver) -> Answer:
    """What the library says, or else the program; `traces` is what the driver has left in the file system."""
    try:
        answer = _ask_library()
    except NotAvailable as problem:  # it hung or crashed, and nvidia-smi asks the same library
        return (), replace(traces, source="nvml", error=str(problem)), None
    if "gpus" in answer:
        return _understood(answer, traces, "nvml")
    if program := shutil.which("nvidia-smi"):
        return _ask_program(program, answer, traces)
    if "error" in answer:
        return (), replace(traces, source="nvml", error=answer["error"]), None
    if answer.get("missing") and traces.library is not None:
        raise NotAvailable('the package nvidia-ml-py is not installed: pip install "devlint[doctor]"')
    if traces.kernel_module is not None:
        error = "the kernel module is loaded, and libnvidia-ml is missing"
        return (), replace(traces, source="proc", error=error), None
    return (), None, None


def _ask_library() -> Fields:
    """What the script says: `-P` keeps the probes' folder from hiding modules of the standard library."""
    outcome = Program([sys.executable, "-P", nvml.__file__]).outcome(_NVML_LIMIT)
    if outcome.failure is not None:
        raise NotAvailable(outcome.failure.replace(outcome.name, "NVML", 1))
    lines = outcome.stdout.splitlines()
    try:
        answer: Fields = json.loads(lines[-1])
    except (IndexError, ValueError):
        raise NotAvailable(f"NVML's answer was not understood: {outcome.stdout[:80]!r}") from None
    return answer


def _ask_program(program: str, refused: Mapping[str, Any], traces: NvidiaDriver) -> Answer:
    """What nvidia-smi says instead of the library; if it fails, too, the library's reason is the better one."""
    try:
        answer = smi.parse(run_bounded([program, "-q", "-x"], limit=_SMI_LIMIT))
        capabilities = _capabilities(program)
    except (NotAvailable, ValueError) as problem:
        return (), replace(traces, source="nvidia-smi", error=refused.get("error", str(problem))), None
    for fields in answer["gpus"]:
        fields["compute_capability"] = capabilities.get(fields["uuid"])
    return _understood(answer, traces, "nvidia-smi")


def _capabilities(program: str) -> dict[str, list[int]]:
    """The compute capability by UUID, which the XML lacks; empty where nvidia-smi cannot tell it, as before 510."""
    command = [program, "--query-gpu=uuid,compute_cap", "--format=csv,noheader"]
    try:
        found = re.findall(r"^(\S+), (\d+)\.(\d+)$", run_bounded(command, limit=_CAPABILITY_LIMIT), re.MULTILINE)
    except NotAvailable:
        return {}
    return {uuid: [int(major), int(minor)] for uuid, major, minor in found}


def _understood(answer: Fields, traces: NvidiaDriver, source: str) -> Answer:
    said = answer["driver"]
    cuda = tuple(said["cuda"]) if said["cuda"] else None
    driver = replace(traces, version=said["version"], cuda=cuda, source=source)
    gpus = tuple(described(_gpu(fields)) for fields in answer["gpus"])
    topology = tuple(tuple(row) for row in answer.get("topology", ()))
    return gpus, driver, topology if len(topology) > 1 else None


def _gpu(fields: Fields) -> Gpu:
    health = fields["health"]
    typed = {
        "health": GpuHealth(**{**health, "throttle_reasons": _tuple(health["throttle_reasons"])}),
        "compute_capability": _tuple(fields.get("compute_capability")),
        "mig_instances": tuple(MigInstance(**each) for each in fields["mig_instances"]),
        "processes": None if fields["processes"] is None else tuple(map(_process, fields["processes"])),
    }
    return Gpu(vendor=GpuVendor.NVIDIA, **{**fields, **typed})


def _placed(gpu: Gpu, root: Path) -> Gpu:
    """The GPU with the NUMA node next to it: NVML names one only where the GPU's memory is a node of its own."""
    domain, _, place = (gpu.pci_bus_id or "").partition(":")
    node = sysfs.number(root / "sys/bus/pci/devices" / f"{domain[-4:]}:{place}".lower() / "numa_node")
    return gpu if node is None or node < 0 else replace(gpu, numa_node=node)


def _tuple(items: Any) -> Any:
    return None if items is None else tuple(items)


def _process(fields: Fields) -> GpuProcess:
    return GpuProcess(**fields, user=_owner(fields["pid"]))


def _owner(pid: int) -> str | None:
    """The user of a process; None if it has ended, is another container's, or may not be looked at."""
    try:
        import psutil

        user: str = psutil.Process(pid).username()
    except Exception:  # psutil is missing, or one of its errors
        return None
    return user


def _kernel_module(root: Path) -> str | None:
    """The version of the loaded kernel module."""
    try:
        text = (root / "proc/driver/nvidia/version").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = _MODULE_VERSION.search(text)
    return found[1] if found else None


def _library(root: Path) -> str | None:
    """The file that libnvidia-ml.so.1 is, whose name ends in its version."""
    files = (root / folder / "libnvidia-ml.so.1" for folder in _LIBRARIES)
    return next((os.path.realpath(file) for file in files if file.exists()), None)
