"""Text on a terminal: what a character shows as, how wide it is, and its colour."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

Paint = Callable[[str, str], str]
"""Takes a role and a text; gives the text in the colour of that role."""

_COLORS = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "related": "1;34",
    "gutter": "34",
    "strong": "1",
}
_TAB = "    "
_ELLIPSIS = "..."
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def painter(color: bool) -> Paint:
    """The way to colour text, or to leave it as it is."""
    if not color:
        return lambda role, text: text
    return lambda role, text: f"\x1b[{_COLORS[role]}m{text}\x1b[0m" if text else ""


def visible(text: str) -> str:
    """`text` on one line, with nothing in it that a terminal would obey, reorder or fail to encode."""
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def _shown(char: str) -> str:
    if char == "\t":
        return _TAB
    if char in _BIDI_CONTROLS or unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp"):
        return char.encode("unicode_escape").decode("ascii")
    return char


def _width(shown: str) -> int:
    """The terminal columns of what a character shows as: by kind for one outside ASCII, else its length."""
    if shown.isascii():
        return len(shown)
    if unicodedata.category(shown) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(shown) in ("W", "F") else 1


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A source line, or the part of it that fits, ready to be shown.

    `first` is the code point it starts with; `offsets` has the terminal column where each of its code points begins,
    and where the last one ends.
    """

    text: str
    first: int
    offsets: tuple[int, ...]

    def column(self, index: int) -> int:
        """The terminal column of a code point of the line, or of the nearest one that is shown."""
        return self.offsets[min(max(index - self.first, 0), len(self.offsets) - 1)]


def excerpt(line: str, width: int, start: int = 0, end: int = 0) -> Excerpt:
    """`line` in at most `width` columns, clipped around its code points `start` to `end`, of which `start` stays."""
    base = max(0, start - width)  # nothing further away can fit, and a line may be megabytes long
    shown = [_shown(char) for char in line[base : start + width]]
    offsets = list(accumulate(map(_width, shown), initial=0))
    if not base and len(shown) == len(line) and offsets[-1] <= width:
        return Excerpt("".join(shown), 0, tuple(offsets))
    room = width - 2 * len(_ELLIPSIS)
    focus, focus_end = (offsets[min(index - base, len(shown))] for index in (start, end))
    left = 0 if not base and focus_end <= room else bisect_left(offsets, focus - room // 3)
    right = max(left, bisect_right(offsets, offsets[left] + room) - 1)
    before = _ELLIPSIS if base + left else ""
    after = _ELLIPSIS if base + right < len(line) else ""
    shift = len(before) - offsets[left]
    return Excerpt(
        before + "".join(shown[left:right]) + after,
        base + left,
        tuple(offset + shift for offset in offsets[left : right + 1]),
    )
