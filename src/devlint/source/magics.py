r"""What IPython adds to Python, masked so that the text parses and real code keeps its lines and columns.

Masked are `%magic`, `!shell`, `?help`, `help?` and a bare `pip install` (by `pass`), the right side of `x = !shell`
and `x = %magic` (by a call that nothing is known about), and the whole of a cell in another language (`%%bash`).
The lexer is our own: the tokenizer of the running interpreter gives up, or not, by its version.
"""

from __future__ import annotations

import re

PYTHON_CELL_MAGICS = frozenset({"capture", "debug", "ipytest", "prun", "time", "timeit"})
"""Cell magics whose body is Python that runs in the notebook itself."""

_ANY = re.compile(r"[%!?]|\b(?:pip|conda) ")
_CELL_MAGIC = re.compile(r"\s*%%(\w*)")
_STATEMENT = re.compile(r"([ \t]*)(?:[%!?]|(?:pip|conda) +(?:un)?install\b|[^\s#'\"][^#'\"]*\?[ \t;]*$)")
_ASSIGNMENT = re.compile(r"((?:[\w.,* \t]|\[[^]=]*\])+=[ \t]*)[%!]")
_LEXEME = re.compile(r"""#|\"\"\"|'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[()\[\]{}]""")
_CLOSING = {quote: re.compile(rf"(?:\\.|[^\\])*?{quote}") for quote in ('"""', "'''")}


def mask_magics(source: str) -> str:
    """The Python of one notebook cell, line for line."""
    if not _ANY.search(source):
        return source
    magic = _CELL_MAGIC.match(source)
    if magic and magic[1] not in PYTHON_CELL_MAGICS:
        return "\n" * source.count("\n")
    place = _Place()
    return "\n".join(_mask(line, place) for line in source.split("\n"))


def _mask(line: str, place: _Place) -> str:
    if place.in_magic:
        masked = ""
    else:
        masked = _without_magic(line) if place.at_statement else None
    if masked is None:
        place.advance(line)
        return line
    place.in_magic = line.endswith("\\")
    return masked


def _without_magic(line: str) -> str | None:
    """What stands for a statement's line that is IPython, None for Python."""
    if statement := _STATEMENT.match(line):
        return statement[1] + "pass"
    if assignment := _ASSIGNMENT.match(line):
        return assignment[1] + "get_ipython()"
    return None


class _Place:
    """Where the next line starts: at a statement, or inside a string, brackets, a continued line or a magic."""

    __slots__ = ("_continued", "_depth", "_quote", "in_magic")

    def __init__(self) -> None:
        self.in_magic = False
        self._quote: str | None = None
        self._depth = 0
        self._continued = False

    @property
    def at_statement(self) -> bool:
        return self._quote is None and self._depth == 0 and not self._continued

    def advance(self, line: str) -> None:
        """Read one line of Python."""
        at = 0
        self._continued = line.endswith("\\")
        while True:
            if self._quote:
                closing = _CLOSING[self._quote].match(line, at)
                if closing is None:
                    return
                self._quote, at = None, closing.end()
            lexeme = _LEXEME.search(line, at)
            if lexeme is None:
                return
            at = lexeme.end()
            match lexeme[0]:
                case "#":
                    self._continued = False
                    return
                case '"""' | "'''" as quote:
                    self._quote = quote
                case "(" | "[" | "{":
                    self._depth += 1
                case ")" | "]" | "}":
                    self._depth = max(0, self._depth - 1)
