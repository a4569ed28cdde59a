"""Text -> LibCST tree, or a failure that says where."""

from __future__ import annotations

import libcst as cst

MAX_NESTING = 150
"""Brackets and blocks inside each other; LibCST's own parser overflows its stack far beyond, CPython's stops at 200 brackets."""

_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")


class ParseFailure(Exception):
    """The text cannot be parsed; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None, too_complex: bool = False) -> None:
        super().__init__(message)
        self.message, self.line, self.column, self.too_complex = message, line, column, too_complex


def parse(text: str) -> cst.Module:
    """The tree of a module's text; raises ParseFailure."""
    _refuse_deep_nesting(text)
    try:
        return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        message = error.message.split("\n")[0] or "invalid syntax"
        raise ParseFailure(message, error.raw_line, error.raw_column + 1) from None
    except (RecursionError, MemoryError):
        raise ParseFailure("the code is nested too deeply", too_complex=True) from None


def _refuse_deep_nesting(text: str) -> None:
    """A cheap upper bound first: only text that could nest so deep is counted character by character."""
    if text.count("(") + text.count("[") + text.count("{") <= MAX_NESTING:
        return
    depth = deepest = line = 0
    line = 1
    for character in text:
        if character in _OPEN:
            depth += 1
            if depth > deepest:
                deepest = depth
                if depth > MAX_NESTING:
                    raise ParseFailure(f"more than {MAX_NESTING} brackets are open at once", line, 1, too_complex=True)
        elif character in _CLOSE:
            depth = max(0, depth - 1)
        elif character == "\n":
            line += 1
