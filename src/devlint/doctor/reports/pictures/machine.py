"""The machine: processor, memory, GPUs, and what connects them."""

from __future__ import annotations

from devlint.doctor.facts import Cpu, Facts, Gpu
from devlint.doctor.memory import show_bytes
from devlint.doctor.reports.pictures.svg import WIDTH, clipped, drawing, line, rect, text

_MOST = 16
_BOX, _GAP, _DROP = 56, 12, 36


def draw(facts: Facts) -> str | None:
    """The diagram; None where there is nothing to draw."""
    gpus = (facts.gpus or ())[:_MOST]
    if facts.cpu is None and not gpus:
        return None
    pieces, y = _host(facts)
    if gpus:
        rows, y = _gpus(gpus, y, linked=facts.cpu is not None)
        pieces += rows
    return drawing(y + 2, f"Machine with {len(facts.gpus or ())} GPUs", *pieces)


def _host(facts: Facts) -> tuple[list[str], float]:
    """Processor and memory side by side, and where they end."""
    cpu, memory = facts.cpu, facts.memory
    if cpu is None:
        return [], 0.0
    half = (WIDTH - 40) / 2
    pieces = _box(1, 1, half, [cpu.generation or cpu.model or "CPU", _threads(cpu)], "CPU")
    if memory is not None and memory.total is not None:
        limit = f"limit {show_bytes(memory.limit)}" if memory.limit and memory.limit < memory.total else ""
        pieces += _box(WIDTH - half - 1, 1, half, [show_bytes(memory.total), limit], "RAM")
        pieces.append(line(half + 1, 1 + _BOX / 2, WIDTH - half - 1, 1 + _BOX / 2, "wire"))
    return pieces, _BOX + 1.0


def _threads(cpu: Cpu) -> str:
    if cpu.threads is None:
        return ""
    return f"{cpu.usable} of {cpu.threads} CPUs" if cpu.usable != cpu.threads else f"{cpu.threads} CPUs"


def _gpus(gpus: tuple[Gpu, ...], top: float, *, linked: bool) -> tuple[list[str], float]:
    """Boxes in two columns, each wired to the one above it or to the processor, NVLink between neighbours."""
    width = (WIDTH - 42) / 2
    first = top + (_DROP if linked else 1)
    pieces = _bus(gpus, top, width) if linked else []
    for number, gpu in enumerate(gpus):
        x, y = 1 + number % 2 * (width + 40), first + number // 2 * (_BOX + _GAP)
        if linked and number > 1:
            pieces.append(line(x + width / 2, y - _GAP, x + width / 2, y, "wire"))
        if number % 2 and gpu.nvlinks:
            pieces.append(line(x - 40, y + _BOX / 2, x, y + _BOX / 2, "wire strong-wire"))
            pieces.append(text(x - 20, y + _BOX / 2 - 6, "NVLink", "tiny muted", "middle"))
        size = show_bytes(gpu.memory_total) if gpu.memory_total is not None else "memory not known"
        seen = "" if gpu.driver_seen else "dashed"
        pieces += _box(x, y, width, [_short(gpu), size], f"GPU {gpu.index}", seen)
    return pieces, first + -(-len(gpus) // 2) * (_BOX + _GAP) - _GAP + 1


def _bus(gpus: tuple[Gpu, ...], top: float, width: float) -> list[str]:
    """From the processor down to the first row of GPUs."""
    left, right, middle = 1 + width / 2, 41 + width * 1.5, top + _DROP / 2
    pieces = [
        line(left, top, left, top + _DROP, "wire"),
        text(left + 6, top + _DROP / 2 - 4, _pcie(gpus[0]), "tiny muted"),
    ]
    if len(gpus) > 1:
        pieces += [line(left, middle, right, middle, "wire"), line(right, middle, right, top + _DROP, "wire")]
    return pieces


def _short(gpu: Gpu) -> str:
    """The name without the words that all cards of a vendor share."""
    name = gpu.name or gpu.vendor.upper()
    for word in ("NVIDIA ", "GeForce ", "AMD ", "Radeon ", "Intel "):
        name = name.removeprefix(word)
    return name


def _pcie(gpu: Gpu) -> str:
    health = gpu.health
    generation, lanes = health.pcie_generation_max or health.pcie_generation, health.pcie_width or health.pcie_width_max
    if generation is None:
        return "PCIe" if gpu.pci_bus_id else ""
    return f"PCIe {generation}.0 x{lanes}" if lanes else f"PCIe {generation}.0"


def _box(x: float, y: float, width: float, lines: list[str], label: str, css: str = "") -> list[str]:
    """A box with a small label and two lines."""
    parts = [rect(x, y, width, _BOX, f"box {css}".strip(), 6), text(x + 9, y + 15, label, "tiny muted")]
    parts.append(text(x + 9, y + 31, clipped(lines[0], width - 16, 13), "strong"))
    return [*parts, *(text(x + 9, y + 47, clipped(words, width - 16), "small") for words in lines[1:2] if words)]
