"""Which fixes of a file can be made at once."""

from __future__ import annotations

from collections.abc import Iterable

from devlint.findings import Edit, Finding, Fix, Safety


def choose(findings: Iterable[Finding], *, unsafe: bool) -> list[Finding]:
    """The findings, in order, whose fixes are safe enough and do not get in each other's way.

    Several fixes may share an edit, such as an import; edits that touch each other do not go together. What is left out
    may have its turn in a next round.
    """
    taken: set[Edit] = set()
    chosen = []
    for finding in findings:
        fix = finding.fix
        if fix is not None and _is_allowed(fix, unsafe=unsafe) and not _is_in_the_way(fix, taken):
            taken.update(fix.edits)
            chosen.append(finding)
    return chosen


def _is_allowed(fix: Fix, *, unsafe: bool) -> bool:
    """Whether a fix is safe enough."""
    return unsafe or fix.safety is Safety.SAFE


def edits_of(findings: Iterable[Finding]) -> list[Edit]:
    """All edits of chosen findings, each once."""
    return list(dict.fromkeys(edit for finding in findings if finding.fix for edit in finding.fix.edits))


def _is_in_the_way(fix: Fix, taken: set[Edit]) -> bool:
    return any(_touch(edit, other) for edit in fix.edits if edit not in taken for other in taken)


def _touch(one: Edit, other: Edit) -> bool:
    if one.cell != other.cell:
        return False
    first, second = sorted((one.span, other.span))
    return (second.line, second.column) <= (first.end_line, first.end_column)
