"""What reports show of a device's memory: plain data, with the user's places instead of stacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from devlint.rehearse.memory.ledger import CONTEXT, Key, Pool
from devlint.rehearse.memory.purpose import Purpose, Reason
from devlint.rehearse.places import NO_LINE, excerpt

if TYPE_CHECKING:
    from devlint.rehearse.cards import Card

Group = tuple[str, str]
"""What a row is about, and the source text that goes with it."""
_STEPS_TO_TELL = 3
_NO_MODULE = "outside modules"


@dataclass(frozen=True, slots=True)
class Row:
    """Bytes that a module or line holds at the peak. `text` is the source of the line's expression."""

    name: str
    text: str
    size: int
    by_purpose: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Growth:
    """Memory that each step leaves behind: bytes each step on average, and the line where most of it was taken."""

    each_step: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class MemoryFigures:
    """One device. Sizes in bytes, split by purpose in the order of `Purpose`; rows are at the peak, largest first.

    `timeline` pairs the number of allocations so far with sizes by purpose; `steps` are the times at which optimizer
    steps began. `context` is what the card holds besides tensors, as an assumption.
    """

    device: str
    card: str
    capacity: int
    context: int
    peak: int
    by_purpose: tuple[int, ...]
    by_module: tuple[Row, ...]
    by_line: tuple[Row, ...]
    growth: Growth | None
    timeline: tuple[tuple[int, tuple[int, ...]], ...]
    steps: tuple[int, ...]


def memory_figures(pool: Pool, card: Card) -> MemoryFigures:
    """The figures of a device."""
    pool.settle_peak()
    split = [0] * len(Purpose)
    for key, size in pool.at_peak.items():
        split[key[0]] += size
    return MemoryFigures(
        device=str(pool.device),
        card=card.name,
        capacity=card.memory,
        context=CONTEXT,
        peak=pool.peak,
        by_purpose=tuple(split),
        by_module=_rows(pool, pool.at_peak, _module_of),
        by_line=_rows(pool, pool.at_peak, _line_of),
        growth=_growth(pool),
        timeline=tuple((point.when, point.by_purpose) for point in pool.timeline.points),
        steps=tuple(pool.timeline.steps),
    )


def _rows(pool: Pool, sizes: Mapping[Key, int], group_of: Callable[[Reason], Group]) -> tuple[Row, ...]:
    groups: dict[Group, list[int]] = {}
    for key, size in sizes.items():
        split = groups.setdefault(group_of(pool.reasons[key]), [0] * len(Purpose))
        split[key[0]] += size
    rows = [Row(name, text, sum(split), tuple(split)) for (name, text), split in groups.items()]
    return tuple(sorted(rows, key=lambda row: (-row.size, row.name)))


def _module_of(reason: Reason) -> Group:
    return (reason.owner.name if reason.owner else _NO_MODULE), ""


def _line_of(reason: Reason) -> Group:
    if reason.spot is None:
        return NO_LINE, ""
    place = excerpt(reason.spot)
    return place.name, place.line


def _growth(pool: Pool) -> Growth | None:
    """From the second step on (the first one makes the optimizer's state), if each of at least three adds memory."""
    live = pool.live_at_steps[1:]
    changes = [after - before for before, after in pairwise(live)]
    if len(changes) < _STEPS_TO_TELL or min(changes) <= 0:
        return None
    first, last = pool.at_steps
    added = {key: size - first.get(key, 0) for key, size in last.items()}
    most = _rows(pool, added, _line_of)[0]
    return Growth((live[-1] - live[0]) // len(changes), most.name, most.text)
