"""Memory over time, as a picture: stacked by purpose, with the card's limit."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from devlint.rehearse.memory.purpose import Purpose
from devlint.rehearse.sections import amount

if TYPE_CHECKING:
    from devlint.rehearse.memory.figures import MemoryFigures

COLORS = tuple(f"var(--c{index})" for index in (1, 5, 4, 2, 3, 0))
"""Of each purpose, by the variables of page.css."""
_WIDTH, _HEIGHT = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 10, 22, 28
_NEAR = 0.5
"""The limit is drawn if the peak is at least this part of it; above that it would press the curve flat."""
_MOST_LABELS = 12


def memory_over_time(figures: MemoryFigures) -> str:
    """The picture, as SVG."""
    title = f"Memory of {figures.device} over time: peak {amount(figures.peak)}"
    parts = "".join(_Plot(figures).parts())
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"><title>{escape(title)}</title>{parts}</svg>'


class _Plot:
    """Scales, and what is drawn with them."""

    def __init__(self, figures: MemoryFigures) -> None:
        self.figures = figures
        self.room = figures.capacity - figures.context
        self.shows_limit = figures.peak >= _NEAR * self.room
        self.top = 1.05 * max(figures.peak, self.room if self.shows_limit else 0)
        self.last = max(figures.timeline[-1][0], 1)

    def x(self, when: float) -> float:
        """Where a time is."""
        return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * when / self.last, 1)

    def y(self, size: float) -> float:
        """Where a size is."""
        return round(_TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - size / self.top), 1)

    def parts(self) -> Iterator[str]:
        """All of it, from back to front."""
        yield from self._grid()
        yield from self._areas()
        yield from self._steps()
        yield from self._limit()
        yield self._across("axis", 0)
        yield _text("small muted", _LEFT, _HEIGHT - 8, f"time, counted in allocations: {self.last}")

    def _across(self, kind: str, size: float) -> str:
        return f'<line class="{kind}" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{self.y(size)}" y2="{self.y(size)}"/>'

    def _grid(self) -> Iterator[str]:
        for part in (0.25, 0.5, 0.75, 1.0):
            size = self.figures.peak * part
            yield self._across("grid", size)
            yield _text("small muted", _LEFT - 6, self.y(size) + 4, amount(size), anchor="end")

    def _areas(self) -> Iterator[str]:
        timeline = self.figures.timeline
        below = [0] * len(timeline)
        for purpose in Purpose:
            above = [low + sizes[purpose] for low, (_, sizes) in zip(below, timeline, strict=True)]
            edge = [f"{self.x(when)},{self.y(size)}" for (when, _), size in zip(timeline, above, strict=True)]
            back = [f"{self.x(when)},{self.y(size)}" for (when, _), size in zip(timeline, below, strict=True)]
            yield f'<polygon fill="{COLORS[purpose]}" points="{" ".join([*edge, *reversed(back)])}"/>'
            below = above

    def _steps(self) -> Iterator[str]:
        steps = self.figures.steps
        for number, when in enumerate(steps, 1):
            x = self.x(when)
            yield f'<line class="axis dashed" x1="{x}" x2="{x}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>'
            if len(steps) <= _MOST_LABELS:
                yield _text("tiny muted", x, _TOP - 5, f"step {number}" if number == 1 else str(number), "middle")

    def _limit(self) -> Iterator[str]:
        if self.shows_limit:
            yield self._across("limit", self.room)
            yield _text("small halo", _LEFT + 6, self.y(self.room) + 14, f"room for tensors: {amount(self.room)}")


def _text(kind: str, x: float, y: float, text: str, anchor: str = "") -> str:
    where = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text class="{kind}" x="{x}" y="{y}"{where}>{text}</text>'
