r"""Edits on a file's own bytes: what no edit touches stays as it is, byte for byte.

So do the encoding, a byte order mark and the newlines (`\n`, `\r\n`, `\r`, also mixed); what is put in takes the
newline of the line that it begins on. Of a notebook, only the text of the cells that change is written anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from devlint.findings import Edit
from devlint.source.text import SourceError, encoding_of

_NEWLINE = re.compile(r"\r\n?|\n")
_BLANKS = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def rewrite(data: bytes, path: str, edits: Iterable[Edit]) -> bytes:
    """The bytes of a file after edits that do not overlap; `path` only tells notebooks from Python.

    Raises `SourceError` where the edits do not fit, or the bytes cannot be written back in their own encoding.
    """
    by_cell: dict[int | None, list[Edit]] = {}
    for edit in edits:
        by_cell.setdefault(edit.cell, []).append(edit)
    is_notebook = path.lower().endswith(".ipynb")
    encoding = json.detect_encoding(data) if is_notebook else encoding_of(data)
    try:
        text = data.decode(encoding)
        if text.encode(encoding) != data:
            raise SourceError(f"the file cannot be written back as {encoding!r} without other changes")
        new = _notebook(text, by_cell) if is_notebook else splice(text, by_cell.get(None, ()))
        return new.encode(encoding)
    except UnicodeError as error:
        raise SourceError(f"the fix cannot be written as {encoding!r}, the file's encoding: {error.args[-1]}") from None


def splice(text: str, edits: Iterable[Edit]) -> str:
    """The text after edits; of several at one place, the first comes first."""
    lines = _Lines(text)
    parts, at = [], 0
    for edit in sorted(edits, key=lambda edit: edit.span):
        begin = lines.offset(edit.span.line, edit.span.column)
        end = lines.offset(edit.span.end_line, edit.span.end_column)
        if begin < at or end < begin:
            raise SourceError("the edits of the fix overlap")
        parts += [text[at:begin], edit.replacement.replace("\n", lines.newline(edit.span.line))]
        at = end
    return "".join([*parts, text[at:]])


class _Lines:
    """Where the lines of a text begin, and what ends them."""

    def __init__(self, text: str) -> None:
        ends = list(_NEWLINE.finditer(text))
        self._starts = [0, *(match.end() for match in ends)]
        self._newlines = [match[0] for match in ends]
        self._size = len(text)

    def offset(self, line: int, column: int) -> int:
        """Where a place stands in the text."""
        if not 0 < line <= len(self._starts) or self._starts[line - 1] + column - 1 > self._size:
            raise SourceError(f"a place of the fix, line {line}, is not in the file")
        return self._starts[line - 1] + column - 1

    def newline(self, line: int) -> str:
        """What ends a line; the last has what ends the one before it."""
        return self._newlines[min(line, len(self._newlines)) - 1] if self._newlines else "\n"


# ------------------------------------------------------------------------------------------------------------ notebooks


def _notebook(text: str, by_cell: dict[int | None, list[Edit]]) -> str:
    parts, at = [], 0
    for number, cell in enumerate(_cells(text, _skip(text, 0)), start=1):
        if number in by_cell:
            members = _members(text, cell)
            begin, end = members["source"] if "source" in members else members["input"]
            parts += [text[at:begin], _rewritten(text, begin, end, by_cell[number])]
            at = end
    return "".join([*parts, text[at:]])


def _rewritten(text: str, begin: int, end: int, edits: list[Edit]) -> str:
    """The JSON of a cell's text after edits: a string, or a list with an item a line."""
    value = _DECODER.raw_decode(text, begin)[0]
    is_ascii = text[begin:end].isascii()
    if isinstance(value, str):
        return json.dumps(splice(value, edits), ensure_ascii=is_ascii)
    items = list(_items(text, begin))
    old = {_DECODER.raw_decode(text, first)[0]: text[first:last] for first, last in items}
    opening, closing = text[begin + 1 : items[0][0]], text[items[-1][1] : end - 1]
    between = text[items[0][1] : items[1][0]] if len(items) > 1 else "," + (opening or " ")
    new = splice("".join(value), edits).splitlines(keepends=True)
    return (
        f"[{opening}{between.join(old.get(line) or json.dumps(line, ensure_ascii=is_ascii) for line in new)}{closing}]"
    )


def _cells(text: str, at: int) -> Iterator[int]:
    """Where each cell begins, in order; as `notebook.python_cells` counts them."""
    members = _members(text, at)
    if "cells" in members:
        yield from (begin for begin, _ in _items(text, members["cells"][0]))
    else:
        for begin, _ in _items(text, members["worksheets"][0]):
            yield from _cells(text, begin)


def _members(text: str, at: int) -> dict[str, tuple[int, int]]:
    """Where the values of the JSON object at `at` begin and end, by key; the last of equal keys counts."""
    found = {}
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        begin = _skip(text, _skip(text, at) + 1)
        at = _DECODER.raw_decode(text, begin)[1]
        found[key] = begin, at
        at = _after_comma(text, at)
    return found


def _items(text: str, at: int) -> Iterator[tuple[int, int]]:
    """Where the items of the JSON list at `at` begin and end."""
    at = _skip(text, at + 1)
    while text[at] != "]":
        begin, at = at, _DECODER.raw_decode(text, at)[1]
        yield begin, at
        at = _after_comma(text, at)


def _after_comma(text: str, at: int) -> int:
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    return match.end() if match else at
