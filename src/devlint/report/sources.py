"""The source lines that findings point into."""

from __future__ import annotations

from collections.abc import Iterable

from devlint.findings import FileResult, Location


class Sources:
    """The lines of the files of a run, as far as their results keep them."""

    def __init__(self, results: Iterable[FileResult]) -> None:
        self._texts = {result.path: result.source for result in results if result.source}
        self._lines: dict[tuple[str, int | None], list[str]] = {}

    def lines(self, location: Location) -> list[str]:
        """All lines of the file or cell of a place; none where its text is not at hand."""
        key = (location.path, location.cell)
        if key not in self._lines:
            text = self._texts.get(location.path, {}).get(location.cell)
            self._lines[key] = [] if text is None else text.split("\n")
        return self._lines[key]

    def first_line(self, location: Location) -> str:
        """The line that a place begins on, or nothing."""
        lines = self.lines(location)
        return lines[location.span.line - 1] if 0 < location.span.line <= len(lines) else ""
