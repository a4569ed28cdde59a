"""One file as the Python to analyse, and the way back from a place in that to a place in the file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple, TypeVar

from devlint.findings import Span
from devlint.source.magics import mask_magics
from devlint.source.notebook import python_cells
from devlint.source.text import decode

Fault = TypeVar("Fault")


class Start(NamedTuple):
    """Where a notebook's code cell begins: its first line in the text, its number, the columns it was moved left."""

    line: int
    cell: int
    indent: int


@dataclass(frozen=True, slots=True)
class Document:
    r"""A Python file or notebook, read.

    `text` is what to analyse: newlines are `\n`, a notebook's code cells follow each other, their magics masked.
    `cells` is what to show, one text a code cell under its number, or the whole under None for a plain file.
    `starts` is in the order of the text, and empty for a plain file.
    """

    text: str
    cells: dict[int | None, str]
    starts: tuple[Start, ...] = ()

    @classmethod
    def read(cls, data: bytes, path: str) -> Document:
        """The document of a file's bytes; `path` only tells notebooks from Python. Raises `SourceError`."""
        if path.lower().endswith(".ipynb"):
            return cls._of_cells(python_cells(data))
        text = decode(data)
        return cls(text, {None: text})

    @classmethod
    def _of_cells(cls, cells: Iterable[tuple[int, str]]) -> Document:
        lines: list[str] = []
        shown: dict[int | None, str] = {}
        starts = []
        for number, source in cells:
            shown[number] = source
            indent = _indent_of(source)  # which IPython takes off, too
            starts.append(Start(len(lines) + 1, number, len(indent)))
            lines += (line.removeprefix(indent) for line in mask_magics(source).split("\n"))
            lines.append("")  # so that nothing reaches from one cell into the next
        return cls("\n".join(lines), shown, tuple(starts))

    def place(self, span: Span) -> tuple[int | None, Span]:
        """Where a span of `text` stands: the notebook cell, if any, and the span in its lines."""
        if not self.starts:
            return None, span
        start = self.starts[bisect_right(self.starts, span.line, key=attrgetter("line")) - 1]
        up, left = start.line - 1, start.indent
        return start.cell, Span(span.line - up, span.column + left, span.end_line - up, span.end_column + left)

    def isolate(self, check: Callable[[str], Fault | None]) -> tuple[Document, dict[int, Fault]]:
        """The notebook with its broken cells blanked, and what `check` found wrong with each of those.

        `check` gets the Python of one cell; a fault it returns therefore counts lines inside that cell.
        """
        lines = self.text.split("\n")
        faults: dict[int, Fault] = {}
        for start, after in pairwise((*self.starts, Start(len(lines) + 1, 0, 0))):
            stretch = slice(start.line - 1, after.line - 1)
            fault = check("\n".join(lines[stretch]))
            if fault is not None:
                faults[start.cell] = fault
                lines[stretch] = [""] * (after.line - start.line)
        return replace(self, text="\n".join(lines)), faults


def _indent_of(source: str) -> str:
    """The indentation of the first line of code."""
    first = next((line for line in source.split("\n") if line.strip()), "")
    return first[: len(first) - len(first.lstrip())]
