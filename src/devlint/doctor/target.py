"""A machine that is not at hand: what is known of `8x H100`, or of a saved file of facts."""

from __future__ import annotations

import os
from pathlib import Path

from devlint.doctor.catalog.card import Card
from devlint.doctor.catalog.gpus import UnknownCard, resolve, split_count
from devlint.doctor.facts import Facts, Gpu, Origin
from devlint.doctor.facts.files import load


class TargetError(ValueError):
    """A target that names no machine; the message is one complete line."""


def nothing_probed() -> Facts:
    """The facts where nothing was looked at and no target is named; the environment is what the files set."""
    origin = Origin(kind="composed", note="no machine: nothing was probed")
    return Facts(origin=origin, environment={}, gaps=_gaps("nothing was probed"))


def facts_of_target(text: str, folder: Path = Path()) -> Facts:
    """The facts of a file, or of so many cards: their GPUs, and nothing of the rest. Raises TargetError, FactsError.

    A file's path is relative to `folder`.
    """
    if text.endswith(".json"):
        return load(os.path.relpath(folder / text))
    count, name = split_count(text)
    try:
        card = resolve(name)
    except UnknownCard as error:
        raise TargetError(f"target `{text}`: {error}") from None
    reason = f"the target `{text}` names only GPUs"
    gpus = tuple(gpu_of_card(card, index) for index in range(count))
    gaps = {path: why for path, why in _gaps(reason).items() if path != "gpus"}
    return Facts(origin=Origin(kind="composed", note=f"the target {text}"), gpus=gpus, environment={}, gaps=gaps)


def gpu_of_card(card: Card, index: int = 0) -> Gpu:
    """A card as a GPU that a driver answers for."""
    return Gpu(
        vendor=card.vendor,
        index=index,
        name=card.name,
        architecture=card.architecture,
        compute_capability=card.compute_capability,
        gfx=card.gfx,
        memory_total=card.vram,
        memory_bandwidth=card.bandwidth,
    )


def _gaps(reason: str) -> dict[str, str]:
    sections = "host cpu memory disks limits container scheduler gpus nvidia_driver topology python torch toolchain"
    return dict.fromkeys([*sections.split(), "libraries"], reason)
