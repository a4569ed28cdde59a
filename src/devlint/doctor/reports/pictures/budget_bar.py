"""The memory of a job, part after part, as one bar against the card's memory."""

from __future__ import annotations

from html import escape

from devlint.doctor.memory import show_bytes
from devlint.doctor.memory.budget import Budget
from devlint.doctor.memory.estimate import Part
from devlint.doctor.reports.pictures.svg import WIDTH, clipped, drawing, line, rect, text

_COLORS = {
    "weights": "c1",
    "optimizer state": "c2",
    "gradients": "c3",
    "activations": "c4",
    "logits and loss": "c5",
    "KV cache": "c5",
    "fp32 master weights": "c6",
    "half-precision copies": "c7",
    "gathered layer": "c7",
    "DDP's buckets": "c6",
    "optimizer's temporaries": "c8",
    "backward at work": "c8",
}
_OVERHEAD = "c0"
_LEFT, _TOP, _HEIGHT = 2, 34, 34


def draw(budget: Budget) -> str:
    """The bar and, below, its legend."""
    parts = [part for part in budget.estimate.parts if part.size.likely]
    peak = budget.estimate.peak_moment.total
    scale = (WIDTH - 2 * _LEFT) / (max(peak.high, budget.memory or 0) or 1)
    pieces, x = [], float(_LEFT)
    for part in parts:
        width = part.size.likely * scale
        pieces.append(rect(x, _TOP, max(width - 1, 0.5), _HEIGHT, _color(part)))
        x += width
    low, high = (_LEFT + size * scale for size in (peak.low, peak.high))
    pieces += [line(low, _TOP + _HEIGHT + 8, high, _TOP + _HEIGHT + 8, "axis")]
    pieces += [line(end, _TOP + _HEIGHT + 4, end, _TOP + _HEIGHT + 12, "axis") for end in (low, high)]
    between = f"from {show_bytes(peak.low)} to {show_bytes(peak.high)}"
    anchor, where = ("end", WIDTH - _LEFT) if low > WIDTH / 2 else ("start", max(low, _LEFT))
    pieces.append(text(where, _TOP + _HEIGHT + 26, between, "small muted", anchor))
    pieces += _limit(budget, scale)
    title = f"Memory at the {budget.estimate.peak_moment.name}: {peak}"
    return drawing(_TOP + _HEIGHT + 32, title, *pieces) + _legend(parts)


def _limit(budget: Budget, scale: float) -> list[str]:
    if budget.memory is None:
        return []
    x = _LEFT + budget.memory * scale
    label = clipped(f"{budget.card}: {show_bytes(budget.memory)}", max(x, WIDTH - x))
    anchor = "end" if x > WIDTH / 2 else "start"
    return [line(x, 20, x, _TOP + _HEIGHT + 2, "limit"), text(x, 14, label, "strong", anchor)]


def _color(part: Part) -> str:
    return _COLORS.get(part.name, _OVERHEAD)


def _legend(parts: list[Part]) -> str:
    items = (
        f'<li><span class="key {_color(part)}"></span>{escape(part.name)} <b>{show_bytes(part.size.likely)}</b></li>'
        for part in parts
    )
    return f'<ul class="legend">{"".join(items)}</ul>'
