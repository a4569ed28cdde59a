"""The CPUs that a job may use beside the processes that it starts for loading data."""

from __future__ import annotations

from devlint.doctor.reports.pictures.svg import WIDTH, drawing, rect, text

_COLUMNS, _SIZE, _GAP = 24, 12, 3
_MOST = 192
"""Beyond that many squares, one stands for several."""


def draw(threads: int, usable: int, workers: int | None, processes: int) -> str:
    """Squares: CPUs that may be used and those that may not; below, processes and workers, the surplus marked."""
    asked = None if workers is None else processes * (workers + 1)
    each = -(-max(threads, asked or 0) // _MOST)
    pieces, y = [text(0, 12, f"{usable} of {threads} CPUs usable", "strong")], 20.0
    colors = ["c2"] * (usable // each or 1) + ["idle"] * ((threads - usable) // each)
    squares, y = _squares(colors, y)
    pieces += squares
    if asked is not None and workers is not None:
        noun = "process" if processes == 1 else "processes"
        with_workers = (
            f"{processes} {noun} with {workers} workers each" if workers else f"{processes} {noun}, no workers"
        )
        pieces.append(text(0, y + 14, f"{with_workers}: {asked}", "strong"))
        fitting = min(asked, usable)
        colors = ["c1"] * (fitting // each or 1) + ["over"] * ((asked - fitting) // each)
        squares, y = _squares(colors, y + 22)
        pieces += squares
    if each > 1:
        pieces.append(text(WIDTH, 12, f"one square: {each}", "small muted", "end"))
    return drawing(y + 2, f"{usable} usable CPUs" + ("" if asked is None else f", {asked} processes"), *pieces)


def _squares(colors: list[str], top: float) -> tuple[list[str], float]:
    """Rows of squares, and where they end."""
    pitch = _SIZE + _GAP
    drawn = [
        rect(number % _COLUMNS * pitch, top + number // _COLUMNS * pitch, _SIZE, _SIZE, color, 2)
        for number, color in enumerate(colors)
    ]
    return drawn, top + -(-len(colors) // _COLUMNS) * pitch
