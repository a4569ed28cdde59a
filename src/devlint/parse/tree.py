"""Text -> LibCST tree, or a failure that says where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import libcst as cst

MAX_NESTING = 150
"""Brackets and blocks inside each other; LibCST's parser overflows its stack far beyond; CPython's stops at 200."""

_BRACKET = re.compile(r"[(\[{]|[)\]}]|'''|\"\"\"|['\"]|#")


class ParseFailure(Exception):
    """The text cannot be parsed; `line` and `column` count from 1."""

    def __init__(
        self, message: str, line: int | None = None, column: int | None = None, too_complex: bool = False
    ) -> None:
        super().__init__(message)
        self.message, self.line, self.column, self.too_complex = message, line, column, too_complex


def parse(text: str) -> cst.Module:
    """The tree of a module's text; raises ParseFailure."""
    _refuse_deep_nesting(text)
    try:
        with _trusted():
            return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        message = error.message.split("\n")[0] or "invalid syntax"
        raise ParseFailure(message, error.raw_line, error.raw_column + 1) from None
    except (RecursionError, MemoryError):
        raise ParseFailure("the code is nested too deeply", too_complex=True) from None


@contextmanager
def _trusted() -> Iterator[None]:
    """Nodes that the parser itself makes need none of LibCST's checks of nodes, which take a quarter of its time."""
    check = cst.CSTNode.__post_init__
    cst.CSTNode.__post_init__ = _unchecked  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        cst.CSTNode.__post_init__ = check  # type: ignore[method-assign]


def _unchecked(node: cst.CSTNode) -> None:
    """In place of LibCST's checks."""


def _refuse_deep_nesting(text: str) -> None:
    """LibCST's parser crashes the process at some thousands of nested brackets; strings and comments do not count."""
    if text.count("(") + text.count("[") + text.count("{") <= MAX_NESTING:
        return
    depth = position = 0
    while (match := _BRACKET.search(text, position)) is not None:
        token, position = match[0], match.end()
        if token in "([{":
            depth += 1
            if depth > MAX_NESTING:
                line = text.count("\n", 0, position) + 1
                raise ParseFailure(f"more than {MAX_NESTING} brackets are open at once", line, 1, too_complex=True)
        elif token in ")]}":
            depth = max(0, depth - 1)
        else:
            position = _end_of(token, text, position)


def _end_of(token: str, text: str, position: int) -> int:
    """Where a comment or string that begins at `position` ends, near enough."""
    stop = {"#": "\n"}.get(token, token)
    while True:
        end = text.find(stop, position)
        if end < 0:
            return len(text)
        if token == "#" or text[end - 1] != "\\":
            return end + len(stop)
        position = end + 1
