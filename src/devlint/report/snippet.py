"""Source lines with the places of a finding marked under them.

 9 |         mask = torch.zeros(3, 3)
   |                ----------------- `mask` gets the default device here
...
14 |         return x + mask
   |                ^^^^^^^^
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

from devlint.findings import Finding, Location, Span
from devlint.report.sources import Sources
from devlint.report.terminal import Excerpt, Paint, excerpt, visible

MERGE_GAP = 2
"""Places with at most this many lines between them are shown without a break."""
_MIN_WIDTH = 40


@dataclass(frozen=True, slots=True)
class _Place:
    """A place of a finding; its role is the finding's severity, or `related`."""

    location: Location
    note: str
    role: str


@dataclass(frozen=True, slots=True)
class _Mark:
    """The underlined part of one line: from code point `start` to before `end`, both counted from 0."""

    line: int
    start: int
    end: int
    label: str
    role: str


@dataclass(frozen=True, slots=True)
class _Frame:
    """The gutter with the line numbers, and how many columns there are to its right."""

    digits: int
    width: int
    paint: Paint

    def row(self, text: str = "", line: int | None = None) -> str:
        number = "" if line is None else line
        return f"{self.paint('gutter', f'{number:>{self.digits}} |')} {text}".rstrip()

    def arrow(self, location: Location) -> str:
        return f"{' ' * self.digits}{self.paint('gutter', '-->')} {visible(str(location))}"


def snippet(finding: Finding, sources: Sources, width: int, paint: Paint) -> Iterator[str]:
    """The lines that show a finding's places: those of its own file or cell first, then those of each other one."""
    places = [_Place(finding.location, "", finding.severity)]
    places += [_Place(related.location, related.note, "related") for related in finding.related]
    sheets: dict[tuple[str, int | None], list[_Place]] = {}
    for place in places:
        sheets.setdefault((place.location.path, place.location.cell), []).append(place)
    digits = max(len(str(max(place.location.span.line, place.location.span.end_line))) for place in places)
    frame = _Frame(digits, max(width, _MIN_WIDTH) - digits - len(" | "), paint)
    for sheet in sheets.values():
        yield from _sheet(sheet, sources.lines(sheet[0].location), frame, own=sheet[0] is places[0])


def _sheet(places: list[_Place], lines: list[str], frame: _Frame, *, own: bool) -> Iterator[str]:
    """The places of one file or cell; only the finding's own is not named, as its head does so."""
    marks_of = [(place, list(_marks(place, lines))) for place in places]
    marks = sorted((mark for _, found in marks_of for mark in found), key=lambda mark: mark.line)
    if marks:
        if not own:
            yield frame.arrow(places[0].location)
        yield frame.row()
        yield from _body(marks, lines, frame)
    for place, found in marks_of:
        if not found and place.role == "related":
            yield f"{frame.arrow(place.location)}: {visible(place.note)}"


def _body(marks: list[_Mark], lines: list[str], frame: _Frame) -> Iterator[str]:
    """The marked lines, and those between that are too few to leave out."""
    by_line = [(line, list(found)) for line, found in groupby(marks, key=lambda mark: mark.line)]
    for (line, found), (following, _) in pairwise([*by_line, (0, [])]):
        yield from _marked_line(lines[line - 1], found, frame)
        if following - line - 1 > MERGE_GAP:
            yield frame.paint("gutter", "...")
        else:
            yield from (frame.row(excerpt(lines[gap - 1], frame.width).text, gap) for gap in range(line + 1, following))


def _marked_line(text: str, marks: list[_Mark], frame: _Frame) -> Iterator[str]:
    """A line and, under it, one row for each mark: marks overlap, as an operand does with its operation."""
    shown = excerpt(text, frame.width, marks[0].start, marks[0].end)
    yield frame.row(shown.text, marks[0].line)
    yield from (frame.row(_underline(mark, shown, frame.paint)) for mark in marks)


def _underline(mark: _Mark, shown: Excerpt, paint: Paint) -> str:
    start, end = shown.column(mark.start), shown.column(mark.end)
    strokes = ("-" if mark.role == "related" else "^") * max(end - start, 1)
    return " " * start + paint(mark.role, f"{strokes} {visible(mark.label)}".rstrip())


def _marks(place: _Place, lines: list[str]) -> Iterator[_Mark]:
    """The marks of a place: one, or for a span over several lines one where it begins and one where it ends."""
    span = _within(place.location.span, lines)
    if span is None:
        return
    start, end = span.column - 1, span.end_column - 1
    if span.end_line == span.line:
        yield _Mark(span.line, start, end, place.note, place.role)
        return
    last = lines[span.end_line - 1]
    note = f"to here: {place.note}" if place.note else "to here"
    yield _Mark(span.line, start, len(lines[span.line - 1]), "from here", place.role)
    yield _Mark(span.end_line, len(last) - len(last.lstrip()), end, note, place.role)


def _within(span: Span, lines: list[str]) -> Span | None:
    """The part of `span` that `lines` have, if any; without the newline it may end with."""
    if not 0 < span.line <= len(lines):
        return None
    end_line, end_column = max(span.end_line, span.line), span.end_column
    if end_line > span.line and end_column <= 1:
        end_line, end_column = end_line - 1, sys.maxsize
    if end_line > len(lines):
        end_line, end_column = len(lines), sys.maxsize
    return Span(
        span.line,
        min(max(span.column, 1), len(lines[span.line - 1]) + 1),
        end_line,
        min(max(end_column, 1), len(lines[end_line - 1]) + 1),
    )
