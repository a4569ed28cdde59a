"""Where something stands in a file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of source text; lines and columns count from 1, in code points, and the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A span of one file, or of one notebook cell.

    `path` is as the user named it (posix separators, relative where the user was relative).
    `cell` counts a notebook's cells from 1 (code and text cells alike); `span` then counts lines inside that cell.
    """

    path: str
    span: Span
    cell: int | None = None

    def __str__(self) -> str:
        cell = f":cell {self.cell}" if self.cell is not None else ""
        return f"{self.path}{cell}:{self.span.line}:{self.span.column}"
