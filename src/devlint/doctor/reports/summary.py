"""The machine in a few lines, as every report begins."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from devlint.doctor.facts import Cpu, Facts, Gpu, Memory, TorchBuild
from devlint.doctor.memory import show_bytes

_LIBRARIES = ("transformers", "accelerate", "lightning", "pytorch-lightning", "deepspeed", "flash-attn", "bitsandbytes")


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what it is about, and what is known of that; `known` is False where the text is a reason."""

    label: str
    text: str
    known: bool = True


def machine_rows(facts: Facts) -> list[Row]:
    """The lines about a machine, those that have nothing to say left out."""
    return [*_origin(facts), *_system(facts), *_cpu(facts), *_memory(facts), *_gpus(facts), *_software(facts)]


def _origin(facts: Facts) -> Iterator[Row]:
    if facts.origin.kind != "probed":
        story = ", ".join(part for part in (facts.origin.note, facts.origin.date) if part)
        yield Row("Machine", f"not this one: {story}" if story else f"not this one ({facts.origin.kind} facts)")


def _unknown(label: str, facts: Facts, path: str) -> Row:
    return Row(label, f"not available, because {facts.why(path)}", known=False)


def _system(facts: Facts) -> Iterator[Row]:
    host = facts.host
    if host is None:
        return
    kernel = f"{host.system} {host.release.split('-')[0]}" if host.release else host.system
    parts = [host.distribution] if host.distribution else []
    if host.system == "Linux" or not parts:
        parts.append(kernel)
    parts += [host.machine] if host.machine else []
    if host.wsl:
        parts.append(f"WSL {host.wsl}")
    if facts.container is not None and facts.container.kind:
        parts.append(f"in a {facts.container.kind} container")
    if facts.scheduler is not None:
        parts.append(f"in a {facts.scheduler.kind} job")
    yield Row("System", ", ".join(parts))


def _cpu(facts: Facts) -> Iterator[Row]:
    cpu = facts.cpu
    if cpu is None:
        if facts.host is not None:
            yield _unknown("CPU", facts, "cpu")
        return
    name = " ".join((cpu.model or cpu.vendor or "unknown model").replace("(R)", "").replace("(TM)", "").split())
    generation = f"{cpu.generation} ({cpu.year})" if cpu.generation and cpu.year else cpu.generation
    yield Row("CPU", ", ".join(part for part in (name, generation, _cores(cpu)) if part))


def _cores(cpu: Cpu) -> str:
    parts = []
    if cpu.cores is not None:
        mixed = f" ({cpu.performance_cores} fast, {cpu.efficiency_cores} efficient)" if cpu.efficiency_cores else ""
        parts.append(f"{_count(cpu.cores, 'core')}{mixed}")
    if cpu.threads is not None and cpu.threads != cpu.cores:
        parts.append(_count(cpu.threads, "thread"))
    text = " / ".join(parts)
    usable = cpu.usable
    if usable is not None and cpu.threads is not None and usable < cpu.threads:
        by_quota = cpu.quota is not None and max(1, int(cpu.quota)) == usable
        why = "the container's quota" if by_quota else "the CPU affinity"
        text += f", {usable} usable here because of {why}"
    return text


def _memory(facts: Facts) -> Iterator[Row]:
    memory = facts.memory
    if memory is None:
        return
    parts = []
    if memory.total is not None:
        free = f", {show_bytes(memory.available)} available" if memory.available is not None else ""
        parts.append(show_bytes(memory.total) + free)
    if memory.limit is not None and memory.limit < (memory.total or memory.limit + 1):
        parts.append(f"the container may use {show_bytes(memory.limit)}")
    parts += _shared(memory)
    yield Row("RAM", "; ".join(parts)) if parts else _unknown("RAM", facts, "memory")
    disk = next((disk for disk in facts.disks or () if disk.role == "working-directory"), None)
    if disk is not None and disk.free is not None:
        yield Row("Disk", f"{show_bytes(disk.free)} free where you are")


def _shared(memory: Memory) -> list[str]:
    swap = (
        []
        if memory.swap_total is None
        else [f"swap {show_bytes(memory.swap_total)}" if memory.swap_total else "no swap"]
    )
    return swap + ([] if memory.shm_total is None else [f"/dev/shm {show_bytes(memory.shm_total)}"])


def _gpus(facts: Facts) -> Iterator[Row]:
    if facts.gpus is None:
        yield _unknown("GPU", facts, "gpus")
        return
    if not facts.gpus:
        yield Row("GPU", "none")
    for text, count in Counter(map(gpu_text, facts.gpus)).items():
        yield Row("GPU", f"{count}x {text}" if count > 1 else text)
    driver = facts.nvidia_driver
    if driver is not None and (driver.version or driver.error):
        cuda = f", runs CUDA up to {driver.cuda[0]}.{driver.cuda[1]}" if driver.cuda else ""
        yield Row("Driver", f"NVIDIA {driver.version}{cuda}" if driver.version else f"NVIDIA, failing: {driver.error}")


def gpu_text(gpu: Gpu) -> str:
    """A GPU on one line: name, architecture, memory."""
    parts = [gpu.name or f"{gpu.vendor.upper()} GPU {gpu.pci_device_id or gpu.index}"]
    if gpu.architecture:
        capability = f" ({'.'.join(map(str, gpu.compute_capability))})" if gpu.compute_capability else ""
        parts.append(gpu.architecture + capability)
    elif gpu.compute_capability or gpu.gfx:
        parts.append(gpu.gfx or "compute capability " + ".".join(map(str, gpu.compute_capability or ())))
    if gpu.memory_total is not None:
        taken = gpu.memory_free is not None and gpu.memory_free < 0.9 * gpu.memory_total
        free = f", {show_bytes(gpu.memory_free)} free" if taken and gpu.memory_free is not None else ""
        parts.append(show_bytes(gpu.memory_total) + free)
    if gpu.memory_bandwidth is not None:
        parts.append(f"{gpu.memory_bandwidth / 1e9:.0f} GB/s")
    if gpu.mig_mode:
        slices = Counter(instance.profile or "slice" for instance in gpu.mig_instances)
        parts.append("MIG: " + ", ".join(f"{count}x {profile}" for profile, count in slices.items()))
    return ", ".join(parts) + ("" if gpu.driver_seen else ", but no driver answers for it")


def _software(facts: Facts) -> Iterator[Row]:
    if facts.python is not None and facts.python.version:
        yield Row("Python", f"{facts.python.version}, {_short(facts.python.executable)}")
    elif facts.host is not None and facts.python is None:
        yield _unknown("Python", facts, "python")
    if facts.torch is not None:
        yield Row("PyTorch", _torch(facts.torch))
    elif facts.host is not None:
        yield _unknown("PyTorch", facts, "torch")
    found = [facts.libraries[name] for name in _LIBRARIES if name in (facts.libraries or {})] if facts.libraries else []
    if found:
        yield Row("Libraries", ", ".join(f"{library.name} {library.version or '?'}" for library in found))


def _torch(torch: TorchBuild) -> str:
    built = {
        "cuda": f"built for CUDA {torch.cuda}",
        "rocm": f"built for ROCm {torch.hip}",
        "cpu": "built for the CPU alone",
    }
    parts = [torch.version, *([built.get(torch.build, f"built for {torch.build}")] if torch.build else [])]
    if torch.error:
        parts.append(f"cannot be imported: {torch.error}")
    elif torch.devices:
        parts.append(f"sees {_count(len(torch.devices), f'{torch.devices[0].type} device')}")
    elif torch.mps_available:
        parts.append("sees the mps device")
    elif torch.imported:
        parts.append("sees no GPU")
    return ", ".join(parts)


def _short(path: str) -> str:
    """A path without the user's name in it."""
    home = os.path.expanduser("~")
    return "~" + path[len(home) :] if path.startswith(home + os.sep) else path


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
