"""One file as the Python to analyse, and the way back from a place in that to a place in the file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

from devlint.findings import Span
from devlint.source.magics import mask_magics
from devlint.source.notebook import python_cells
from devlint.source.text import decode

Fault = TypeVar("Fault")


@dataclass(frozen=True, slots=True)
class Document:
    r"""A Python file or notebook, read.

    `text` is what to analyse: newlines are `\n`, a notebook's code cells follow each other, their magics masked.
    `cells` is what to show, one text a code cell under its number, or the whole under None for a plain file.
    `starts` has for each of a notebook's code cells the line of `text` where it begins, and its number.
    """

    text: str
    cells: dict[int | None, str]
    starts: tuple[tuple[int, int], ...] = ()

    @classmethod
    def read(cls, data: bytes, path: str) -> Document:
        """The document of a file's bytes; `path` only tells notebooks from Python. Raises `SourceError`."""
        if path.lower().endswith(".ipynb"):
            return cls._of_cells(dict(python_cells(data)))
        text = decode(data)
        return cls(text, {None: text})

    @classmethod
    def _of_cells(cls, cells: dict[int | None, str]) -> Document:
        lines: list[str] = []
        starts = []
        for number, source in cells.items():
            starts.append((len(lines) + 1, number))
            lines += mask_magics(source).split("\n")
            lines.append("")  # so that nothing reaches from one cell into the next
        return cls("\n".join(lines), cells, tuple(starts))

    def place(self, span: Span) -> tuple[int | None, Span]:
        """Where a span of `text` stands: the notebook cell, if any, and the span in its lines."""
        if not self.starts:
            return None, span
        first, cell = self.starts[bisect_right(self.starts, span.line, key=lambda start: start[0]) - 1]
        return cell, replace(span, line=span.line - first + 1, end_line=span.end_line - first + 1)

    def isolate(self, check: Callable[[str], Fault | None]) -> tuple[Document, dict[int, Fault]]:
        """The notebook with its broken cells blanked, and what `check` found wrong with each of those.

        `check` gets the Python of one cell; a fault it returns therefore counts lines inside that cell.
        """
        lines = self.text.split("\n")
        faults: dict[int, Fault] = {}
        for (first, cell), (after, _) in pairwise((*self.starts, (len(lines) + 1, 0))):
            stretch = slice(first - 1, after - 1)
            fault = check("\n".join(lines[stretch]))
            if fault is not None:
                faults[cell] = fault
                lines[stretch] = [""] * (after - first)
        return replace(self, text="\n".join(lines)), faults
