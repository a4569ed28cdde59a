"""The peak memory by batch, with its range, and the card's memory as a line across."""

from __future__ import annotations

from devlint.doctor.memory import show_bytes
from devlint.doctor.memory.amount import GIB
from devlint.doctor.memory.budget import Budget
from devlint.doctor.reports.pictures.svg import clipped, dot, drawing, line, shape, text

_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 350, 24, 190


def draw(budget: Budget) -> str:
    """The chart."""
    widest = max(batch for batch, _ in budget.curve)
    highest = max(max(size.high for _, size in budget.curve), budget.memory or 0) * 1.05

    def x(batch: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * batch / widest

    def y(size: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * size / highest

    pieces = []
    for tick in _ticks(highest / GIB):
        pieces += [line(_LEFT, y(tick * GIB), _RIGHT, y(tick * GIB), "grid")]
        pieces += [text(_LEFT - 6, y(tick * GIB) + 4, f"{tick:g}", "small muted", "end")]
    pieces += [
        text(x(tick), _BOTTOM + 16, f"{tick:g}", "small muted", "middle") for tick in _ticks(widest) if tick >= 1
    ]
    upper = [(x(batch), y(size.high)) for batch, size in budget.curve]
    lower = [(x(batch), y(size.low)) for batch, size in reversed(budget.curve)]
    pieces.append(shape(upper + lower, "band", closed=True))
    pieces.append(shape([(x(batch), y(size.likely)) for batch, size in budget.curve], "curve"))
    own = budget.estimate.peak.likely
    pieces.append(dot(x(budget.setup.batch), y(own), 4, "mark"))
    pieces += [
        text(_LEFT - 6, 12, "GiB", "small muted", "end"),
        text(_RIGHT, _BOTTOM + 32, "batch", "small muted", "end"),
    ]
    if budget.memory is not None:
        label = clipped(f"{budget.card}: {show_bytes(budget.memory)}", _RIGHT - _LEFT - 8)
        height = y(budget.memory)
        pieces.append(line(_LEFT, height, _RIGHT, height, "limit"))
        pieces.append(text(_LEFT + 4, height - 5 if height > _TOP + 14 else height + 15, label, "strong halo"))
    return drawing(
        _BOTTOM + 38, f"Memory by batch, up to {widest}; batch {budget.setup.batch}: {show_bytes(own)}", *pieces
    )


def _ticks(highest: float) -> list[float]:
    """Four to eight round numbers from 0 up."""
    step = 10.0 ** len(str(int(highest)))
    while highest / step < 4:
        step /= 2 if str(step).lstrip("0.").startswith(("1", "2")) else 2.5
    return [step * number for number in range(int(highest / step) + 1)]
