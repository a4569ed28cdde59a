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
    lines = _Lines()
    return "\n".join(lines.mask(line) for line in source.split("\n"))


class _Lines:
    """Masks one line after the other, and knows what a line starts in: a string, brackets, a continued line."""

    def __init__(self) -> None:
        self._quote: str | None = None
        self._depth = 0
        self._continued = False
        self._magic_continued = False

    def mask(self, line: str) -> str:
        """What stands for the next line."""
        masked = self._masked(line)
        if masked is None:
            self._read(line)
            return line
        self._magic_continued = line.endswith("\\")
        return masked

    def _masked(self, line: str) -> str | None:
        if self._magic_continued:
            return ""
        if self._quote or self._depth or self._continued:
            return None
        if statement := _STATEMENT.match(line):
            return statement[1] + "pass"
        if assignment := _ASSIGNMENT.match(line):
            return assignment[1] + "get_ipython()"
        return None

    def _read(self, line: str) -> None:
        """Find out what a line of Python leaves open."""
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
                    self._depth -= 1
