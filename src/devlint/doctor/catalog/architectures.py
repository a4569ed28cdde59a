"""Architectures: which one a compute capability or gfx target is, and which number formats its hardware multiplies.

Sources: NVIDIA's CUDA C++ Programming Guide, "Compute Capabilities" (arithmetic instructions, tensor core formats);
LLVM's AMDGPUUsage page (processors) and AMD's matrix instruction calculator (MFMA and WMMA formats).
"""

from __future__ import annotations

from dataclasses import dataclass

from devlint.doctor.catalog.card import Card
from devlint.doctor.facts.gpu import GpuVendor


@dataclass(frozen=True, slots=True)
class Formats:
    """Whether a device multiplies matrices of a format in hardware; None is "not known"."""

    fp16: bool | None
    bf16: bool | None
    tf32: bool | None
    fp8: bool | None


_NVIDIA = {
    (3, 0): "Kepler",
    (5, 0): "Maxwell",
    (6, 0): "Pascal",
    (7, 0): "Volta",
    (7, 5): "Turing",
    (8, 0): "Ampere",
    (8, 9): "Ada Lovelace",
    (9, 0): "Hopper",
    (10, 0): "Blackwell",
}
"""The first compute capability of each architecture."""

_AMD = {
    "gfx90": "Vega",
    "gfx908": "CDNA",
    "gfx90a": "CDNA 2",
    "gfx94": "CDNA 3",
    "gfx95": "CDNA 4",
    "gfx101": "RDNA",
    "gfx103": "RDNA 2",
    "gfx110": "RDNA 3",
    "gfx115": "RDNA 3.5",
    "gfx120": "RDNA 4",
}
"""The start of each architecture's gfx targets; the longest that fits decides."""

_AMD_FORMATS = {
    "Vega": Formats(False, False, False, False),
    "CDNA": Formats(True, True, False, False),
    "CDNA 2": Formats(True, True, False, False),
    "CDNA 3": Formats(True, True, True, True),
    "CDNA 4": Formats(True, True, False, True),
    "RDNA": Formats(False, False, False, False),
    "RDNA 2": Formats(False, False, False, False),
    "RDNA 3": Formats(True, True, False, False),
    "RDNA 3.5": Formats(True, True, False, False),
    "RDNA 4": Formats(True, True, False, True),
}
_UNKNOWN = Formats(None, None, None, None)


def of_capability(capability: tuple[int, int]) -> str | None:
    """NVIDIA's architecture of a compute capability, by the newest that is not newer; None before Kepler."""
    older = [first for first in _NVIDIA if first <= capability]
    return _NVIDIA[max(older)] if older else None


def of_gfx(gfx: str) -> str | None:
    """AMD's architecture of a gfx target such as `gfx90a` or `gfx942:sramecc+:xnack-`."""
    fitting = [start for start in _AMD if gfx.startswith(start)]
    return _AMD[max(fitting, key=len)] if fitting else None


def formats_of_capability(capability: tuple[int, int], name: str = "") -> Formats:
    """What an NVIDIA device multiplies in tensor cores; the name tells the GTX 16 series, which has none."""
    tensor_cores = capability >= (7, 0) and "GTX 16" not in name and not name.startswith(("T1000", "T600", "T400"))
    return Formats(tensor_cores, capability >= (8, 0), capability >= (8, 0), capability >= (8, 9))


def formats_of_gfx(gfx: str) -> Formats:
    """What an AMD device multiplies in matrix instructions."""
    return _AMD_FORMATS.get(of_gfx(gfx) or "", _UNKNOWN)


def formats(card: Card) -> Formats:
    """What a card's hardware multiplies."""
    if card.compute_capability is not None:
        return formats_of_capability(card.compute_capability, card.name)
    if card.gfx is not None:
        return formats_of_gfx(card.gfx)
    if card.vendor is GpuVendor.INTEL:
        return Formats(card.fp16 is not None, card.bf16 is not None, card.tf32 is not None, False)
    return Formats(True, None, False, False)  # Apple: bf16 depends on macOS, torch and the chip
