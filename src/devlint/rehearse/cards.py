"""The pretend GPUs: what a name stands for, from the hardware catalogue of the doctor."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT = "RTX 4090"
_CAPABILITY = (9, 0)
"""What cards that are not NVIDIA's answer to scripts that ask for the compute capability."""


class UnknownCard(ValueError):
    """No card has that name, or several have; the message says which ones there are."""


@dataclass(frozen=True, slots=True)
class Card:
    """One pretend accelerator. `memory` is in bytes; `capability` is CUDA's (major, minor)."""

    name: str
    memory: int
    capability: tuple[int, int] = _CAPABILITY
    multiprocessors: int = 1


def card(name: str = DEFAULT) -> Card:
    """The card of that name; UnknownCard if there is none."""
    from devlint.doctor.catalog import gpus

    try:
        found = gpus.resolve(name)
    except gpus.UnknownCard as error:
        raise UnknownCard(str(error)) from None
    return Card(
        name=found.name,
        memory=max(found.memory),
        capability=found.compute_capability or _CAPABILITY,
        multiprocessors=getattr(found, "multiprocessors", None) or 1,
    )
