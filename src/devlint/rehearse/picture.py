"""Memory over time, as a picture: stacked by purpose, with the card's limit."""

from __future__ import annotations

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


def memory_over_time(figures: MemoryFigures) -> str:
    """The picture, as SVG."""
    room = figures.capacity - figures.context
    shows_limit = figures.peak >= _NEAR * room
    top = 1.05 * max(figures.peak, room if shows_limit else 0)
    last = max(figures.timeline[-1][0], 1)

    def x(when: float) -> float:
        return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * when / last, 1)

    def y(size: float) -> float:
        return round(_TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - size / top), 1)

    parts = []
    for part in (0.25, 0.5, 0.75, 1.0):
        size = figures.peak * part
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(size)}" y2="{y(size)}"/>')
        parts.append(
            f'<text class="small muted" x="{_LEFT - 6}" y="{y(size) + 4}" text-anchor="end">{amount(size)}</text>'
        )
    below = [0] * len(figures.timeline)
    for purpose in Purpose:
        above = [low + sizes[purpose] for low, (_, sizes) in zip(below, figures.timeline, strict=True)]
        edge = [f"{x(when)},{y(size)}" for (when, _), size in zip(figures.timeline, above, strict=True)]
        back = [f"{x(when)},{y(size)}" for (when, _), size in zip(figures.timeline, below, strict=True)]
        parts.append(f'<polygon fill="{COLORS[purpose]}" points="{" ".join([*edge, *reversed(back)])}"/>')
        below = above
    for number, when in enumerate(figures.steps, 1):
        parts.append(f'<line class="axis dashed" x1="{x(when)}" x2="{x(when)}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>')
        if len(figures.steps) <= 12:
            label = f"step {number}" if number == 1 else str(number)
            parts.append(f'<text class="tiny muted" x="{x(when)}" y="{_TOP - 5}" text-anchor="middle">{label}</text>')
    if shows_limit:
        parts.append(f'<line class="limit" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(room)}" y2="{y(room)}"/>')
        parts.append(
            f'<text class="small halo" x="{_LEFT + 6}" y="{y(room) + 14}">room for tensors: {amount(room)}</text>'
        )
    parts.append(f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(0)}" y2="{y(0)}"/>')
    parts.append(f'<text class="small muted" x="{_LEFT}" y="{_HEIGHT - 8}">time, counted in allocations: {last}</text>')
    title = f"Memory of {figures.device} over time: peak {amount(figures.peak)}"
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"><title>{escape(title)}</title>{"".join(parts)}</svg>'
