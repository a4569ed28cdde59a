"""Comments that hide what is found today, for `--add-ignore`."""

from __future__ import annotations

import io
import re
import tokenize
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from devlint.findings import AppliedFix, Edit, FileResult, Finding, Fixed, Span
from devlint.source.magics import mask_magics
from devlint.source.rewrite import rewrite

_DIRECTIVE = re.compile(r"#\s*devlint:\s*ignore\s*\[[^]#]*[^]#\s](?=\s*])")
_STRING_STARTS = frozenset(getattr(tokenize, name, None) for name in ("FSTRING_START", "TSTRING_START")) - {None}
_STRING_ENDS = frozenset(getattr(tokenize, name, None) for name in ("FSTRING_END", "TSTRING_END")) - {None}


def ignore_found(data: bytes, path: str, check: Callable[[bytes], FileResult], reason: str) -> FileResult:
    """The result of checking a file once all that is found in it is hidden; `fixed` are its new bytes, if any."""
    result = check(data)
    edits = []
    for cell, text in (result.source or {}).items():
        found = [each for each in result.findings if each.location.cell == cell and each.name != "unused-suppression"]
        edits += ignore_comments(text if cell is None else mask_magics(text), found, reason, cell)
    if not edits:
        return result
    new = rewrite(data, path, edits)
    after = check(new)
    if len(after.failures) > len(result.failures):
        return result
    gone = Counter(map(_hidden, result.findings)) - Counter(map(_hidden, after.findings))
    return replace(after, fixed=Fixed(data, new, tuple(gone.elements())))


def _hidden(finding: Finding) -> AppliedFix:
    return AppliedFix(finding.code, finding.name, "Add a comment that ignores it")


def ignore_comments(text: str, findings: Iterable[Finding], reason: str, cell: int | None = None) -> list[Edit]:
    """The edits that hide findings in a text, or in the text of a cell: one comment a line, with all of their names.

    A comment goes to the end of the finding's line or, where that is inside a string or continued by `\\`, of the next
    line that can take one, which is of the same statement. An ignore comment that is there gets the names.
    """
    lines = text.split("\n")
    closed = _closed_lines(text, lines)
    names: dict[int, list[str]] = {}
    for finding in findings:
        line = finding.location.span.line
        while line in closed:
            line += 1
        if line <= len(lines) and finding.name not in names.setdefault(line, []):
            names[line].append(finding.name)
    return [_comment(line, lines[line - 1], ", ".join(found), reason, cell) for line, found in names.items()]


def _comment(number: int, line: str, names: str, reason: str, cell: int | None) -> Edit:
    there = _DIRECTIVE.search(line)
    if there is not None:
        return Edit(Span(number, there.end() + 1, number, there.end() + 1), f", {names}", cell)
    comment = f"  # devlint: ignore[{names}] {reason}".rstrip()
    return Edit(Span(number, len(line.rstrip()) + 1, number, len(line) + 1), comment, cell)


def _closed_lines(text: str, lines: list[str]) -> set[int]:
    """The lines that no comment can end."""
    closed: set[int] = set()
    comments: set[int] = set()
    begun: list[int] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.STRING:
                closed.update(range(token.start[0], token.end[0]))
            elif token.type == tokenize.COMMENT:
                comments.add(token.start[0])
            elif token.type in _STRING_STARTS:
                begun.append(token.start[0])
            elif token.type in _STRING_ENDS:
                closed.update(range(begun.pop(), token.end[0]))
    except (tokenize.TokenError, SyntaxError):  # newer syntax than this Python's: the check of the result tells
        pass
    return closed | {
        number for number, line in enumerate(lines, start=1) if line.endswith("\\") and number not in comments
    }
