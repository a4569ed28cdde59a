"""Is everything in the facts that other tools show about hardware and PyTorch? Writes docs/doctor-coverage.md.

    python benchmarks/doctor_coverage.py ENVIRONMENT > docs/doctor-coverage.md

ENVIRONMENT is a virtual environment with torch, accelerate, deepspeed and nvitop; devlint runs with this interpreter.
Each row that a tool prints stands beside the facts that hold the same, and whether all of their words are in it. The
exit code is 1 if a row has no entry below, or if a fact that should be equal is not.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from devlint.doctor.facts import Facts
from devlint.doctor.probes.cpu_linux import numbers_of
from devlint.doctor.probes.run import probe_machine

_ALLOCATOR = "~environment.PYTORCH_CUDA_ALLOC_CONF environment.PYTORCH_HIP_ALLOC_CONF environment.PYTORCH_ALLOC_CONF"

COLLECT_ENV = {
    "PyTorch version": "torch.version",
    "Is debug build": "torch.debug",
    "CUDA used to build PyTorch": "torch.cuda",
    "ROCM used to build PyTorch": "torch.hip",
    "OS": "host.distribution host.machine",
    "GCC version": "toolchain.gcc",
    "Clang version": "toolchain.clang",
    "CMake version": "toolchain.cmake",
    "Libc version": "host.libc",
    "Python version": "python.version python.bits",
    "Python platform": "host.system host.release host.machine",
    "Is CUDA available": "torch.cuda_available",
    "CUDA runtime version": "toolchain.nvcc",
    "CUDA_MODULE_LOADING set to": "environment.CUDA_MODULE_LOADING",
    "GPU models and configuration": "gpus[].name gpus[].uuid gpus[].mig_instances",
    "Nvidia driver version": "nvidia_driver.version",
    "cuDNN version": "toolchain.cudnn_libraries torch.cudnn",
    "Is XPU available": "torch.xpu_available",
    "HIP runtime version": "torch.hip_runtime",
    "MIOpen runtime version": "torch.miopen",
    "Is XNNPACK available": "torch.xnnpack",
    "Caching allocator config": _ALLOCATOR,
    "Architecture": "cpu.architecture",
    "CPU op-mode(s)": "~cpu.features",
    "Address sizes": "cpu.physical_address_bits cpu.virtual_address_bits",
    "Byte Order": "cpu.byte_order",
    "CPU(s)": "cpu.threads",
    "On-line CPU(s) list": "cpu.online",
    "Vendor ID": "cpu.vendor",
    "Model name": "cpu.model",
    "CPU family": "cpu.family",
    "Model": "cpu.model_number",
    "Thread(s) per core": "cpu.threads / cpu.cores",
    "Core(s) per socket": "cpu.cores / cpu.sockets",
    "Socket(s)": "cpu.sockets",
    "Stepping": "cpu.stepping",
    "CPU max MHz": "cpu.max_mhz",
    "BogoMIPS": "cpu.bogomips",
    "Flags": "cpu.features",
    "Hypervisor vendor": "cpu.hypervisor",
    "Virtualization type": "~cpu.hypervisor",
    "L1d cache": "cpu.caches.L1d",
    "L1i cache": "cpu.caches.L1i",
    "L2 cache": "cpu.caches.L2",
    "L3 cache": "cpu.caches.L3",
    "NUMA node(s)": "cpu.numa_nodes",
    "NUMA node0 CPU(s)": "cpu.numa_cpus",
    "Vulnerability (all rows)": "cpu.vulnerabilities",
    "Versions of relevant libraries": "libraries.torch.version libraries.numpy.version",
}
"""Row of torch.utils.collect_env, whose part on the CPU is lscpu's -> facts; `~`: in other words, so not compared."""

ACCELERATE = {
    "`Accelerate` version": "libraries.accelerate.version",
    "Platform": "host.system host.release host.machine",
    "`accelerate` bash location": "not in the facts: where a script lies",
    "Python version": "python.version",
    "Numpy version": "libraries.numpy.version",
    "PyTorch version": "torch.version",
    "PyTorch accelerator": "~torch.cuda_available torch.mps_available torch.xpu_available",
    "System RAM": "memory.total",
    "GPU type": "gpus[].name",
    "`Accelerate` default config": "not in the facts: read as a config of the job",
}
"""Row of `accelerate env` -> facts."""

DEEPSPEED = {
    "torch install path": "torch.path",
    "torch version": "torch.version",
    "deepspeed install path": "libraries.deepspeed.places",
    "deepspeed info": "libraries.deepspeed.version",
    "deepspeed wheel compiled w.": "not in the facts: DeepSpeed's own build",
    "torch cuda version": "torch.cuda",
    "torch hip version": "torch.hip",
    "nvcc version": "toolchain.nvcc",
    "shared memory (/dev/shm) size": "memory.shm_total",
    "ninja": "~libraries.ninja.version",
    "which of DeepSpeed's operators are compiled": "not in the facts: DeepSpeed's own build",
}
"""Row of `ds_report` -> facts."""

NVITOP = {
    "name": "gpus[].name",
    "uuid": "gpus[].uuid",
    "bus_id": "gpus[].pci_bus_id",
    "memory_info, memory_used, memory_free, memory_total": "gpus[].memory_used gpus[].memory_free gpus[].memory_total",
    "utilization_rates, gpu_utilization": "gpus[].health.utilisation_percent",
    "memory_utilization": "gpus[].health.memory_utilisation_percent",
    "encoder_utilization": "gpus[].health.encoder_utilisation_percent",
    "decoder_utilization": "gpus[].health.decoder_utilisation_percent",
    "clock_infos, sm_clock, memory_clock": "gpus[].health.sm_clock gpus[].health.memory_clock",
    "max_clock_infos": "gpus[].health.sm_clock_max gpus[].health.memory_clock_max",
    "fan_speed": "gpus[].health.fan_percent",
    "temperature": "gpus[].health.temperature",
    "power_usage, power_limit, power_status": "gpus[].health.power_draw gpus[].health.power_limit",
    "pcie_throughput, pcie_tx_throughput, pcie_rx_throughput": "not in the facts: the traffic of one moment",
    "display_active, display_mode": "gpus[].health.display_active",
    "current_driver_model": "gpus[].driver_model",
    "persistence_mode": "gpus[].health.persistence",
    "performance_state": "gpus[].health.performance_state",
    "total_volatile_uncorrected_ecc_errors": "gpus[].health.ecc_uncorrected",
    "compute_mode": "gpus[].health.compute_mode",
    "cuda_compute_capability": "gpus[].compute_capability",
    "mig_mode": "gpus[].mig_mode gpus[].mig_instances",
    "processes: pid, user, memory, command": "gpus[].processes",
    "host: memory, swap": "memory.total memory.available memory.swap_total memory.swap_free",
    "host: load average": "cpu.load",
    "host: CPU use": "not in the facts: the use of one moment; `cpu.load` is",
}
"""What nvitop's snapshot of a device, and the head of its screen, show -> facts."""

HEAD = """# What other tools show, and where the facts have it

Written by `benchmarks/doctor_coverage.py` on a Linux machine without a GPU ({cpu}, torch {torch}). Each row that a tool
prints there is listed, with the facts that hold the same. "Agrees" says whether the facts' values were in what the tool
printed; "in other words" where the two cannot be compared as text. An empty answer means that the tool found nothing,
and neither did devlint.
"""


def main(environment: Path) -> int:
    """Print the tables; the exit code."""
    facts = probe_machine(str(environment))
    print(HEAD.format(cpu=f"{facts.cpu.model}, {facts.cpu.generation}", torch=facts.torch.version))
    wrong = [
        *_table("torch.utils.collect_env", COLLECT_ENV, _collect_env(environment), facts, environment),
        *_table("accelerate env", ACCELERATE, _accelerate(environment), facts, environment),
        *_table("ds_report", DEEPSPEED, _deepspeed(environment), facts, environment),
        *_table("nvitop", NVITOP, dict.fromkeys(NVITOP, ""), facts, environment),
    ]
    for complaint in wrong:
        print(complaint, file=sys.stderr)
    return int(bool(wrong))


def _table(tool: str, known: Mapping[str, str], said: Mapping[str, str], facts: Facts, env: Path) -> Iterator[str]:
    """Print one table; what is wrong with it."""
    print(f"## {tool}\n\n| row | it says | facts | agrees |\n| --- | --- | --- | --- |")
    for row, text in said.items():
        paths = known.get(row)
        if paths is None:
            yield f"{tool} shows {row!r}, which no entry covers"
            continue
        agrees = _agrees(paths, text, facts) if text else ""
        if agrees == "no":
            yield f"{tool}: {row} is {text!r}, and not so in {paths}"
        shown = text.replace(str(env), "ENVIRONMENT")
        shown = "" if text in _NOTHING else shown if len(shown) < 60 else f"{shown[:57]}..."
        places = paths if paths.startswith("not ") else ", ".join(f"`{path}`" for path in paths.strip("~").split(" "))
        print(f"| {row} | {shown} | {places.replace(', `/`, ', ' / ')} | {agrees} |")
    print()


_NOTHING = ("Could not collect", "N/A", "None", "")


def _agrees(paths: str, text: str, facts: Facts) -> str:
    if paths.startswith("not "):
        return ""
    if paths.startswith("~"):
        return "in other words"
    if " / " in paths:
        first, second = (_at(facts, path) for path in paths.split(" / "))
        values = [first // second]
    else:
        values = [
            _RENDERED.get(path, str)(value)
            for path in paths.split(" ")
            if (value := _at(facts, path)) not in (None, "", ())
        ]
    if text in _NOTHING:
        return "no" if any(values) else "yes"
    return "yes" if all(_words(str(value)) <= _words(text) for value in values) else "no"


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9_.+]*[a-z0-9]", text.lower()))


def _at(facts: Any, path: str) -> Any:
    """The value of a path; `gpus[].name` are the values of all."""
    for name in path.split("."):
        each = name.removesuffix("[]")
        if isinstance(facts, tuple):
            return tuple(_at(one, path.partition("[].")[2]) for one in facts)
        facts = facts.get(each) if isinstance(facts, Mapping) else getattr(facts, each, None)
    return facts


def _size(size: int) -> str:
    return f"{size >> 20} MiB" if size % (1 << 20) == 0 else f"{size >> 10} KiB"


_RENDERED: dict[str, Callable[[Any], str]] = {
    "memory.total": lambda size: f"{size / (1 << 30):.2f}",
    "memory.shm_total": lambda size: f"{size / (1 << 30):.2f}",
    "cpu.online": lambda listed: ",".join(map(str, sorted(numbers_of(listed)))),
    "cpu.numa_cpus": lambda nodes: ",".join(map(str, sorted(numbers_of(nodes[0])))),
    "cpu.vulnerabilities": lambda states: " ".join(
        f"{name.replace('_', ' ')} {state}" for name, state in states.items()
    ),
    **dict.fromkeys(("cpu.caches.L1d", "cpu.caches.L1i", "cpu.caches.L2", "cpu.caches.L3"), _size),
}
"""Path -> how the tools write its value, where that is not how Python does."""


def _run(environment: Path, *command: str) -> str:
    path = f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}"
    whole = [environment / "bin" / command[0], *command[1:]]
    done = subprocess.run(whole, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path})
    return re.sub(r"\x1b\[\d*m", "", done.stdout)


def _collect_env(environment: Path) -> dict[str, str]:
    """Its rows; the vulnerabilities become one, and so do the packages."""
    printed = _run(environment, "python", "-m", "torch.utils.collect_env")
    rows = dict(re.findall(r"^([^:\n\[]+?):[ \t]*(\S.*)$", printed, re.MULTILINE))
    states = [f"{row} {rows.pop(row)}" for row in list(rows) if row.startswith("Vulnerability")]
    packages = re.findall(r"^\[pip3\] (\S+)$", printed, re.MULTILINE)
    return {
        **rows,
        "Vulnerability (all rows)": " ".join(states),
        "Versions of relevant libraries": " ".join(packages).replace("==", " "),
    }


def _accelerate(environment: Path) -> dict[str, str]:
    found = re.findall(r"^- (.+?):[ \t]*(.*(?:\n\t.*)?)$", _run(environment, "accelerate", "env"), re.MULTILINE)
    return {row: text.strip() for row, text in found}


def _deepspeed(environment: Path) -> dict[str, str]:
    """Its rows; those of operators (`cpu_adam ... [NO] ... [OKAY]`) become one."""
    found = re.findall(r"^([a-z].*?) \.{2,} (.+)$", _run(environment, "ds_report"), re.MULTILINE)
    operators = {row: text for row, text in found if re.search(r"\.{2,}", text)}
    rows = {row: text.strip() for row, text in found if row not in operators and "[" not in row}
    return {**rows, "which of DeepSpeed's operators are compiled": f"{len(operators)} rows"}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
