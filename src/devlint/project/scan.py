"""A text as its top-level statements, told by their first characters: a tenth of what CPython's parser takes.

Strange layouts (a continued line that begins in the first column) give pieces that do not parse, which then stay
unknown.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

_STRING = re.compile(r"#[^\n]*|\"\"\"[\s\S]*?\"\"\"|'''[\s\S]*?'''|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")
_FIRST = re.compile(r"^(?:@|(?:async[ \t]+)?(\w+))", re.MULTILINE)
_CONTINUES = frozenset({"elif", "else", "except", "finally"})


class Stretch(NamedTuple):
    """A statement: its first word and the lines it takes (0-based, end exclusive), decorators included."""

    word: str
    start: int
    end: int


def stretches(text: str) -> Iterator[Stretch]:
    """The top-level statements of a text, in order."""
    starts = list(_starts(text))
    pending: int | None = None
    for index, (word, line) in enumerate(starts):
        end = starts[index + 1][1] if index + 1 < len(starts) else text.count("\n") + 1
        if word == "@":
            pending = line if pending is None else pending
            continue
        yield Stretch(word, line if pending is None else pending, end)
        pending = None


def _starts(text: str) -> Iterator[tuple[str, int]]:
    """First word and line of what begins in the first column, outside strings and not as a clause of a statement."""
    strings = [match.span() for match in _STRING.finditer(text) if "\n" in match[0]]
    begins = [begin for begin, _ in strings]
    line, position = 0, 0
    for match in _FIRST.finditer(text):
        begin = match.start()
        line += text.count("\n", position, begin)
        position = begin
        word = match[1] or "@"
        inside = bisect_right(begins, begin) - 1
        if word not in _CONTINUES and not (inside >= 0 and begin < strings[inside][1]):
            yield word, line
