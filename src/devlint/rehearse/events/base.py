"""What an event is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from devlint.findings import RuleMeta
    from devlint.rehearse.places import Spot


@dataclass(frozen=True, slots=True)
class Side:
    """One tensor of an event: where it is, what it looks like, what it is called, and how it came there.

    `name` is that of a parameter or buffer (`weight of Linear`), if it is one; `origin` pairs words (`was made`) with
    a place that `places.excerpt` resolves.
    """

    device: str
    shape: tuple[int, ...]
    dtype: str
    name: str | None = None
    origin: tuple[str, Spot] | None = None

    def __str__(self) -> str:
        article = "an" if self.dtype[:1] in "aeiou" else "a"
        what = f"`{self.name}`" if self.name else f"{article} {self.dtype} tensor of shape {list(self.shape)}"
        return f"{what} on `{self.device}`"


@dataclass(frozen=True, slots=True)
class Event(ABC):
    """Something that fails on the real device. `sides` are in the order of the story."""

    meta: ClassVar[RuleMeta]
    sides: tuple[Side, ...]
    inside: str | None
    """The operation, where the user's line does not show it (`addmm`)."""

    @abstractmethod
    def message(self, text: str) -> str:
        """One line; `text` is the source of the expression."""

    @abstractmethod
    def tip(self) -> str:
        """What to do, as an imperative sentence."""
