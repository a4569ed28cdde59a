"""What the catalogue adds to a GPU of which the driver, or only the bus, told the name."""

from __future__ import annotations

from dataclasses import replace

from devlint.doctor.catalog import architectures, gpus, series
from devlint.doctor.facts.gpu import Gpu


def described(gpu: Gpu) -> Gpu:
    """The GPU with its architecture, generation and tier; and whatever else it did not say itself."""
    card = gpus.find(gpu.name, gpu.memory_total) if gpu.name else None
    capability = gpu.compute_capability or (card.compute_capability if card else None)
    gfx = gpu.gfx or (card.gfx if card else None)
    architecture = gpu.architecture
    if architecture is None and capability is not None:
        architecture = architectures.of_capability(capability)
    elif architecture is None and gfx is not None:
        architecture = architectures.of_gfx(gfx)
    if card is None:
        return replace(gpu, architecture=architecture)
    whole = gpu.memory_total is None or gpus.has_memory(card, gpu.memory_total)  # not one of the halves of an MI250
    return replace(
        gpu,
        architecture=architecture or card.architecture,
        generation=gpu.generation or series.generation(card),
        tier=gpu.tier or series.tier(card),
        compute_capability=capability,
        gfx=gfx,
        memory_bandwidth=gpu.memory_bandwidth or (card.bandwidth if whole else None),
    )
