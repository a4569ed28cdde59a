"""What the catalogue holds of one GPU."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from devlint.doctor.facts.gpu import GpuVendor

GIB = 2**30


class Segment(enum.StrEnum):
    """The kind of machine that a card is made for."""

    CONSUMER = "consumer"
    LAPTOP = "laptop"
    WORKSTATION = "workstation"
    DATACENTER = "datacenter"
    EMBEDDED = "embedded"
    INTEGRATED = "integrated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One GPU as it is sold.

    `name` is the driver's, without the vendor and with the memory where two cards share the rest of it.
    `memory` has the sizes it is sold with in bytes, the most common first; `unified` says that it is the machine's RAM.
    `bandwidth` is in bytes a second, `bus_width` in bits, `tdp` in watts. `fp32` is the vector rate and `fp16`, `bf16`,
    `tf32` and `fp8` are dense matrix rates with sums in fp32, all in TFLOP/s; None is "not in hardware, or not known".
    `source` names the entries of the catalogue's `sources` that the row comes from, `date` the day of the newest.
    """

    name: str
    vendor: GpuVendor
    architecture: str
    segment: Segment
    year: int
    memory: tuple[int, ...]
    compute_capability: tuple[int, int] | None = None
    gfx: str | None = None
    bus_width: int | None = None
    bandwidth: int | None = None
    tdp: int | None = None
    fp32: float | None = None
    fp16: float | None = None
    bf16: float | None = None
    tf32: float | None = None
    fp8: float | None = None
    unified: bool = False
    aliases: tuple[str, ...] = ()
    source: str = ""
    date: str = ""

    @property
    def vram(self) -> int:
        """The memory of the most common variant, in bytes."""
        return self.memory[0]
