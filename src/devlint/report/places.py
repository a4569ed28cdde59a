"""Places for readers that know files and lines, but no notebook cells."""

from __future__ import annotations

from devlint.findings import Location, Span

_TOP = Span(1, 1, 1, 1)


def in_file(location: Location | None) -> Span:
    """The span, if its lines count in the file; the top of the file for a notebook cell, and if there is no place."""
    return _TOP if location is None or location.cell is not None else location.span


def in_cell(location: Location | None) -> str:
    """What to put before a message, so that what `in_file` leaves out is not lost: `cell 3:4:5: ` or nothing."""
    if location is None or location.cell is None:
        return ""
    return f"cell {location.cell}:{location.span.line}:{location.span.column}: "
