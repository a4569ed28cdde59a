"""Where in the user's own code something happens."""

from __future__ import annotations

import functools
import linecache
import os
import site
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FrameType

from devlint.findings import Location, Span

Spot = tuple[CodeType, int]
"""A place as the interpreter knows it, cheap to take: code, and offset of the instruction."""

NO_LINE = "in no line of yours"
"""What reports write for a place without any code of the user's."""
_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


@functools.cache
def _libraries() -> tuple[str, ...]:
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    roots = {sysconfig.get_path(name) for name in names} | set(site.getsitepackages()) | {site.getusersitepackages()}
    return tuple({os.path.realpath(root) + os.sep for root in roots if root})


class Places:
    """Tells the user's code from libraries; below `roots` all code is the user's."""

    def __init__(self, roots: tuple[str, ...] = ()) -> None:
        self._roots = tuple(os.path.realpath(root) + os.sep for root in roots)
        self._known: dict[CodeType, bool] = {}

    def here(self) -> Spot | None:
        """The innermost place in the user's code, if there is any on this thread's stack."""
        frame = self.frame()
        return None if frame is None else (frame.f_code, frame.f_lasti)

    def frame(self) -> FrameType | None:
        """The frame of `here`."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and not self.is_user(frame.f_code):
            frame = frame.f_back
        return frame

    def is_user(self, code: CodeType) -> bool:
        """Whether code is the user's."""
        known = self._known.get(code)
        if known is None:
            known = self._known[code] = self._is_user_file(code.co_filename)
        return known

    def _is_user_file(self, name: str) -> bool:
        if name.startswith("<"):
            return False
        path = os.path.realpath(name)
        if path.startswith(self._roots) if self._roots else False:
            return "site-packages" not in os.path.relpath(path, self._root_of(path))
        return not path.startswith((*_libraries(), _OWN)) and "site-packages" not in path

    def _root_of(self, path: str) -> str:
        return next(root for root in self._roots if path.startswith(root))


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A place as the user knows it: `text` is the source of the expression, on one line, `line` that of its line."""

    location: Location
    text: str
    line: str

    @property
    def name(self) -> str:
        """path:line."""
        return f"{self.location.path}:{self.location.span.line}"


@functools.lru_cache(maxsize=4096)
def excerpt(spot: Spot) -> Excerpt:
    """The place in the file, with the span of the expression that was being evaluated."""
    code, offset = spot
    line, end_line, column, end_column = next(_positions(code, offset))
    path = _shown(code.co_filename)
    lines = linecache.getlines(code.co_filename)
    first = lines[line - 1] if 0 < line <= len(lines) else ""
    last = lines[end_line - 1] if 0 < end_line <= len(lines) else ""
    start, end = _characters(first, column), _characters(last, end_column)
    is_header = end_line > line and first.rstrip().endswith(":")  # a `for`, whose span is the whole loop
    if column is None or end_column is None or not first or is_header:
        start, end, end_line, last = len(first) - len(first.lstrip()), len(first.rstrip()), line, first
    pieces = [first[start:end]] if line == end_line else [first[start:], *lines[line : end_line - 1], last[:end]]
    text = " ".join(" ".join(pieces).split())
    return Excerpt(Location(path, Span(line, start + 1, end_line, end + 1)), text, first.strip())


def _positions(code: CodeType, offset: int) -> Iterator[tuple[int, int, int | None, int | None]]:
    for index, (line, end_line, column, end_column) in enumerate(code.co_positions()):
        if index == max(offset, 0) // 2:
            line = line or code.co_firstlineno
            yield line, end_line or line, column, end_column
    yield code.co_firstlineno, code.co_firstlineno, None, None


def _characters(line: str, column: int | None) -> int:
    """CPython counts columns in bytes of UTF-8, findings in code points."""
    return len(line.encode()[: column or 0].decode(errors="ignore"))


def _shown(path: str) -> str:
    """Relative to the current folder where it is inside, with posix separators."""
    full = os.path.abspath(path)
    folder = os.getcwd() + os.sep
    return (full.removeprefix(folder) if full.startswith(folder) else full).replace(os.sep, "/")
