"""Traffic between host and device: where the host waits for the device, and what is copied from one to the other."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.parameter import is_lazy

from devlint.rehearse.places import NO_LINE, Spot, excerpt
from devlint.rehearse.residence import storage_of

if TYPE_CHECKING:
    from devlint.rehearse.places import Places


class Kind(Enum):
    """What crosses the border; the value is how reports write it."""

    VALUE = "reads a value"
    SHAPE = "has a shape that depends on values"
    PRINT = "prints a tensor"
    TO_HOST = "copies to the host"
    TO_DEVICE = "copies to the device"

    @property
    def waits(self) -> bool:
        """Whether the host waits until the device has done all that it was given."""
        return self is not Kind.TO_DEVICE


_READS = ("_local_scalar_dense", "equal")
_INDEXING = ("index", "index_put", "index_put_", "_index_put_impl_")

Key = tuple[Kind, Spot | None]


def wait_of(func: Any, args: Sequence[Any]) -> Kind | None:
    """What the host waits for in an operation, if it does."""
    name = func._schema.name.removeprefix("aten::")
    if name in _READS:
        return Kind.VALUE
    if name in _INDEXING and not _indexes_by_mask(args):
        return None
    return Kind.SHAPE


def _indexes_by_mask(args: Sequence[Any]) -> bool:
    """Whether PyTorch looks for the true elements of a mask: not if they are all set to one value."""
    if len(args) > 2 and args[2].numel() == 1:
        return False
    return any(each is not None and each.dtype in (torch.bool, torch.uint8) for each in args[1])


@dataclass(frozen=True, slots=True)
class Crossing:
    """One kind of traffic at one place: how often and how many bytes in all, and how often in one step.

    `name` is path:line, `text` the source of the expression. `each_step` is measured from the first optimizer step to
    the last; None where there were fewer than two.
    """

    kind: Kind
    name: str
    text: str
    count: int
    size: int
    each_step: float | None


def _size(tensor: torch.Tensor) -> int:
    """Bytes of a tensor; of a sparse one, those of its values."""
    if is_lazy(tensor):
        return 0
    if tensor.layout is torch.strided:
        return tensor.numel() * tensor.element_size()
    storage = storage_of(tensor)
    return storage.nbytes() if isinstance(storage, torch.UntypedStorage) else 0


class Traffic:
    """Counts crossings by kind and place."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._counts: Counter[Key] = Counter()
        self._sizes: Counter[Key] = Counter()
        self._at_steps: list[Counter[Key]] = []
        self._steps = 0
        self._is_muted = False

    def crossed(self, kind: Kind, size: int = 0) -> None:
        """Something crosses now, of `size` bytes."""
        if not self._is_muted:
            key = (kind, self._places.here())
            self._counts[key] += 1
            self._sizes[key] += size

    def copied(self, tensor: torch.Tensor, here: torch.device, there: torch.device) -> None:
        """A tensor is copied between these devices."""
        if (here.type == "cpu") != (there.type == "cpu"):
            kind = Kind.TO_HOST if there.type == "cpu" else Kind.TO_DEVICE
            self.crossed(kind, _size(tensor))

    @contextlib.contextmanager
    def one(self, kind: Kind) -> Iterator[None]:
        """All that crosses in the block counts as one crossing of this kind."""
        self.crossed(kind)
        before, self._is_muted = self._is_muted, True
        try:
            yield
        finally:
            self._is_muted = before

    def begin_step(self) -> None:
        """An optimizer step begins."""
        self._steps += 1
        self._at_steps[1:] = [self._counts.copy()]

    def crossings(self) -> tuple[Crossing, ...]:
        """What crossed, most often first."""
        found = []
        for (kind, spot), count in self._counts.items():
            place = excerpt(spot) if spot else None
            name, text = (place.name, place.text) if place else (NO_LINE, "")
            each_step = self._each_step((kind, spot))
            found.append(Crossing(kind, name, text, count, self._sizes[kind, spot], each_step))
        return tuple(sorted(found, key=lambda crossing: (-(crossing.each_step or 0), -crossing.count, crossing.name)))

    def _each_step(self, key: Key) -> float | None:
        if self._steps < 2:
            return None
        return (self._at_steps[-1][key] - self._at_steps[0][key]) / (self._steps - 1)
