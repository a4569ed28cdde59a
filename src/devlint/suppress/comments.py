"""The comments of a file, each with the lines it is about."""

from __future__ import annotations

import io
import tokenize
from dataclasses import dataclass

_LAYOUT = frozenset({tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})


@dataclass(frozen=True, slots=True)
class Comment:
    """A real comment, not such text in a string; `column` counts from 1.

    `physical`: the lines that flake8 takes as one with the comment's own: those of a string or continued line that
    ends there. `statement`: the comment's own line, and those of the simple statement or compound statement's header
    (its decorators with it) that it stands in or, alone on its line, directly above.
    """

    text: str
    line: int
    column: int
    alone: bool
    physical: range
    statement: range


def comments_of(text: str) -> list[Comment]:
    """All comments, in order; of text that the tokenizer gives up on, whatever looks like one."""
    reader = _Reader()
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            reader.read(token)
    except (tokenize.TokenError, SyntaxError):
        return _likely_comments(text)
    return reader.comments()


def _likely_comments(text: str) -> list[Comment]:
    comments = []
    for number, line in enumerate(text.split("\n"), start=1):
        code, mark, rest = line.partition("#")
        if mark:
            alone = not code.strip()
            own = range(number, number + 1)
            comments.append(Comment(mark + rest, number, len(code) + 1, alone, own, range(number, number + 1 + alone)))
    return comments


@dataclass(slots=True)
class _Statement:
    """A statement's lines; no lines yet where there is only a comment that waits for it."""

    first: int = 0
    last: int = 0
    decorated: bool = False
    """The current logical line is a decorator, so the statement goes on after it."""

    def lines_with(self, comment_line: int) -> range:
        return range(min(self.first or comment_line, comment_line), max(self.last, comment_line) + 1)


class _Reader:
    """Groups tokens to statements; comments alone above a statement belong to it before it begins."""

    def __init__(self) -> None:
        self._found: list[tuple[str, tuple[int, int], bool, range, _Statement]] = []
        self._statement = _Statement()
        self._at_logical_start = True
        self._physical_first = 0
        self._code_line = 0
        self._comment_line = 0

    def read(self, token: tokenize.TokenInfo) -> None:
        """Take the next token of the file."""
        line = token.start[0]
        if token.type in _LAYOUT:
            return
        self._physical_first = self._physical_first or line
        if token.type == tokenize.COMMENT:
            self._await_statement(line)
            self._comment_line = line
            alone = self._code_line != line
            physical = range(self._physical_first, line + 1)
            self._found.append((token.string, token.start, alone, physical, self._statement))
        elif token.type == tokenize.NL:
            self._physical_first = 0
        elif token.type == tokenize.NEWLINE:
            self._physical_first = 0
            self._end_logical_line(line)
        else:
            self._await_statement(line)
            self._code(token)

    def _await_statement(self, line: int) -> None:
        """Let go of comments above that do not reach down to this line."""
        if not self._statement.first and self._comment_line != line - 1:
            self._statement = _Statement()

    def _code(self, token: tokenize.TokenInfo) -> None:
        self._statement.first = self._statement.first or token.start[0]
        if self._at_logical_start:
            self._statement.decorated = token.string == "@"
            self._at_logical_start = False
        self._code_line = token.end[0]

    def _end_logical_line(self, line: int) -> None:
        self._at_logical_start = True
        self._statement.last = line
        if not self._statement.decorated:
            self._statement = _Statement()

    def comments(self) -> list[Comment]:
        """What was found, to be asked for at the end."""
        return [
            Comment(text, line, column + 1, alone, physical, statement.lines_with(line))
            for text, (line, column), alone, physical, statement in self._found
        ]
