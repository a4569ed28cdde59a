"""Fixing a file in rounds, until nothing changes: check, choose, edit, and check what came of it."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from devlint.findings import AppliedFix, Edit, FileResult, Finding, Fixed
from devlint.fixes.choose import choose, edits_of
from devlint.source import Document, SourceError
from devlint.source.rewrite import rewrite

MAX_ROUNDS = 20
"""A fix may bring to light what the same rule did not see behind it; more than a few rounds are never needed."""

Check = Callable[[bytes], FileResult]


def fix_rounds(
    data: bytes, path: str, check: Check, *, unsafe: bool = False, last: frozenset[str] = frozenset()
) -> FileResult:
    """The result of checking a file after all that can be fixed is; `fixed` holds its new bytes if there are any.

    A fix stays only if the file still compiles, its finding is gone, and no rule finds more than before. Rules named in
    `last` have their turn when nothing else is left: a comment may hide what only the other fixes bring to light.
    """
    rounds = _Rounds(path, check, unsafe, last)
    state = _State(data, check(data))
    applied: list[Finding] = []
    for _ in range(MAX_ROUNDS):
        chosen = rounds.choose(state.result.findings)
        if not chosen:
            break
        kept, state = rounds.make(state, chosen)
        applied += [*kept, *state.followed]
    left = tuple(each if rounds.may_try(each) else replace(each, fix=None) for each in state.result.findings)
    made = tuple(AppliedFix(each.code, each.name, each.fix.title) for each in applied if each.fix)
    return replace(state.result, findings=left, fixed=Fixed(data, state.data, made) if state.data != data else None)


class _State:
    """A file on its way: its bytes, and what checking gives; `followed` are fixes that the last ones called for."""

    def __init__(self, data: bytes, result: FileResult, followed: Sequence[Finding] = ()) -> None:
        self.data = data
        self.result = result
        self.followed = followed
        self.by_line = Counter((each.code, each.location.cell, each.location.span.line) for each in result.findings)
        self.by_rule = Counter(finding.code for finding in result.findings)

    def is_worse_than(self, other: _State) -> bool:
        """Whether some rule finds more, or something failed."""
        return bool(self.by_rule - other.by_rule) or len(self.result.failures) > len(other.result.failures)


class _Rounds:
    """Makes fixes, and remembers which did not do."""

    def __init__(self, path: str, check: Check, unsafe: bool, last: frozenset[str]) -> None:
        self._path = path
        self._check = check
        self._unsafe = unsafe
        self._last = last
        self._rejected: set[tuple[str, str]] = set()

    def may_try(self, finding: Finding) -> bool:
        """Whether no such fix was rejected before."""
        return _key(finding) not in self._rejected

    def choose(self, findings: Iterable[Finding]) -> list[Finding]:
        """Those whose fixes are to be made at once."""
        possible = list(filter(self.may_try, findings))
        first = choose((each for each in possible if each.name not in self._last), unsafe=self._unsafe)
        return first or choose(possible, unsafe=self._unsafe)

    def make(self, state: _State, chosen: Sequence[Finding]) -> tuple[list[Finding], _State]:
        """As many of the fixes as do together, and the file after them."""
        kept: list[Finding] = []
        waiting = [list(chosen)]
        after = _State(state.data, state.result)
        while waiting:
            some = waiting.pop()
            attempt = self._attempt(state, [*kept, *some])
            if attempt is not None:
                kept, after = [*kept, *some], attempt
            elif len(some) == 1:
                self._rejected.add(_key(some[0]))
            else:
                middle = len(some) // 2
                waiting += [some[middle:], some[:middle]]
        return kept, after

    def _attempt(self, state: _State, chosen: Sequence[Finding]) -> _State | None:
        """The file with all of these fixes; None if one of them does no good."""
        after = self._edited(state, chosen)
        if after is None or any(_is_left(each, edits_of(chosen), state, after) for each in chosen):
            return None
        return self._followed_up(state, after) if after.is_worse_than(state) else after

    def _followed_up(self, state: _State, after: _State) -> _State | None:
        """Where fixes bring other problems to light: the file with those fixed, too, if no more is left than before."""
        new = after.by_rule - state.by_rule
        chosen = self.choose(each for each in after.result.findings if each.code in new)
        final = self._edited(after, chosen) if chosen else None
        return None if final is None or final.is_worse_than(state) else _State(final.data, final.result, chosen)

    def _edited(self, state: _State, chosen: Sequence[Finding]) -> _State | None:
        """The file with some fixes; None if they do not fit it, or it does not compile any more."""
        try:
            data = rewrite(state.data, self._path, edits_of(chosen))
        except SourceError:
            return None
        if _compiles(state.data, self._path) and not _compiles(data, self._path):
            return None
        return _State(data, self._check(data))


def _key(finding: Finding) -> tuple[str, str]:
    """What stays of a finding's identity while lines and columns move."""
    return finding.code, finding.message


def _is_left(finding: Finding, edits: list[Edit], before: _State, after: _State) -> bool:
    """Whether its line, which the edits may have moved, has no finding less of its rule."""
    cell, span = finding.location.cell, finding.location.span
    moves = (
        edit.replacement.count("\n") - (edit.span.end_line - edit.span.line)
        for edit in edits
        if edit.cell == cell and (edit.span.line, edit.span.column) <= (span.line, span.column)
    )
    line = span.line + sum(moves)
    return after.by_line[finding.code, cell, line] >= before.by_line[finding.code, cell, span.line]


def _compiles(data: bytes, path: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(Document.read(data, path).text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, SourceError, RecursionError, MemoryError):
        return False
    return True
