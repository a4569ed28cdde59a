"""Which models a card has room for, by the memory model: what a beginner wants to know of the size of the VRAM."""

from __future__ import annotations

from dataclasses import dataclass

from devlint.doctor.catalog.architectures import formats
from devlint.doctor.catalog.card import Card
from devlint.doctor.memory import Setup, largest_model

TOKENS = 2048
"""Of the one sample in all the cases: what is read or written at a time."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The most parameters of a usual language model for one way to use it; 0 if none fits."""

    use: str
    dtype: str
    parameters: int


def fits(card: Card) -> tuple[Fit, ...]:
    """The largest model by use, for the card's most common memory, in the half precision that its hardware has."""
    half = half_precision(card)
    dtypes = ("fp32", half, "int8", "int4")
    setups = [
        *(("inference", Setup(training=False, dtype=each, sequence=TOKENS)) for each in dtypes),
        ("full fine-tuning", _training(f"{half}-mixed")),
        ("LoRA", _training(half, lora_rank=16)),
        ("QLoRA", _training("int4", lora_rank=16)),
    ]
    return tuple(Fit(use, setup.dtype, largest_model(setup, card.vram)) for use, setup in setups)


def half_precision(card: Card) -> str:
    """`bf16`, or `fp16` on a card whose hardware has no bf16."""
    return "fp16" if formats(card).bf16 is False else "bf16"


def _training(dtype: str, lora_rank: int | None = None) -> Setup:
    return Setup(dtype=dtype, lora_rank=lora_rank, sequence=TOKENS, checkpointing=True)
