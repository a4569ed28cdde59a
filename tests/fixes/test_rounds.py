"""How fixes are chosen and made, with made-up checks: each finds the words of a table, and has a fix for some."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from devlint.findings import (
    Confidence,
    Edit,
    Failure,
    FailureKind,
    FileResult,
    Finding,
    Fix,
    Location,
    Safety,
    Severity,
    Span,
)
from devlint.fixes.choose import choose
from devlint.fixes.rounds import fix_rounds

Check = Callable[[bytes], FileResult]


def finding(code: str, line: int, column: int, *edits: Edit, safety: Safety = Safety.SAFE) -> Finding:
    place = Location("x.py", Span(line, column, line, column + 1))
    fix = Fix(f"repair {code}", edits, safety) if edits else None
    return Finding(code, code.lower(), f"{code} is wrong", place, Severity.ERROR, Confidence.HIGH, fix=fix)


def replacing(**words: str | None) -> Check:
    """A check that finds each word, a rule of its own, and would put another in its place (None: it has no fix)."""

    def check(data: bytes) -> FileResult:
        found = []
        for number, line in enumerate(data.decode().split("\n"), start=1):
            for match in re.finditer("|".join(words), line):
                span = Span(number, match.start() + 1, number, match.end() + 1)
                new = words[match[0]]
                found.append(
                    finding(match[0], number, match.start() + 1, *([Edit(span, new)] if new is not None else []))
                )
        failures = () if b"?" not in data else (Failure(FailureKind.SYNTAX, "x.py", "cannot parse"),)
        return FileResult("x.py", tuple(sorted(found, key=lambda each: each.sort_key)), failures)

    return check


@pytest.mark.parametrize(
    ("check", "before", "after"),
    [
        (replacing(BAD="good"), "BAD\nBAD(BAD)\n", "good\ngood(good)\n"),
        (replacing(BAD="WORSE", WORSE="good"), "BAD", "good"),
        (replacing(BAD="WORSE", WORSE=None), "BAD", "BAD"),
        (replacing(BAD="BAD "), "BAD", "BAD"),
        (replacing(BAD="good?"), "BAD", "BAD"),
        (replacing(BAD="x ="), "BAD", "BAD"),
        (replacing(BAD="(", OTHER="fine"), "BAD\nOTHER", "BAD\nfine"),
        (replacing(BAD=None), "BAD", "BAD"),
        (replacing(BAD="(\n good)"), "BAD + BAD", "(\n good) + (\n good)"),
        (replacing(BAD="\\ud800"), "BAD", "BAD"),
    ],
    ids=["all", "follows", "new", "stays", "fails", "syntax", "others", "no-fix", "lines", "encoding"],
)
def test_fixed_in_rounds(check: Check, before: str, after: str) -> None:
    result = fix_rounds(before.encode(), "x.py", check)
    assert (result.fixed.after.decode() if result.fixed else before) == after
    again = fix_rounds(after.encode(), "x.py", check)
    assert again.fixed is None


def test_fixes_are_named() -> None:
    result = fix_rounds(b"BAD\nBAD\nODD\n", "x.py", replacing(BAD="WORSE", WORSE="good", ODD=None))
    assert result.fixed is not None
    assert [each.code for each in result.fixed.applied] == ["BAD", "BAD", "WORSE", "WORSE"]
    assert result.fixed.before == b"BAD\nBAD\nODD\n"
    assert [each.code for each in result.findings] == ["ODD"]


def test_rejected_fix_is_offered_no_more() -> None:
    (left,) = fix_rounds(b"BAD", "x.py", replacing(BAD="good?")).findings
    assert left.fix is None


def edit(start: int, end: int, text: str = "", cell: int | None = None) -> Edit:
    return Edit(Span(1, start, 1, end), text, cell)


A, B, ALSO_A = edit(1, 3, "a"), edit(5, 7, "b"), edit(1, 3, "z")


@pytest.mark.parametrize(
    ("fixes", "chosen"),
    [
        ([(A,), (B,)], [0, 1]),
        ([(A,), (ALSO_A,)], [0]),
        ([(A,), (A,)], [0, 1]),
        ([(A, B), (A,)], [0, 1]),
        ([(A, B), (A, edit(6, 8))], [0]),
        ([(edit(3, 3, "x"),), (edit(3, 3, "y"),)], [0]),
        ([(A,), (edit(3, 3, "y"),)], [0]),
        ([(A,), (edit(1, 3, "z", cell=2),)], [0, 1]),
        ([(), (B,)], [1]),
    ],
)
def test_choice(fixes: list[tuple[Edit, ...]], chosen: list[int]) -> None:
    findings = [finding(f"XDV{number}", 1, 1, *edits) for number, edits in enumerate(fixes)]
    assert choose(findings, unsafe=False) == [findings[index] for index in chosen]


def test_unsafe_only_if_asked() -> None:
    findings = [finding("XDV1", 1, 1, A, safety=Safety.UNSAFE), finding("XDV2", 1, 1, B)]
    assert choose(findings, unsafe=False) == findings[1:]
    assert choose(findings, unsafe=True) == findings


def test_some_rules_come_last() -> None:
    """A comment that hides nothing yet stays if it hides what another fix brings to light."""
    check = replacing(FIRST="BAD", HIDE="shown")

    def hiding(data: bytes) -> FileResult:
        result = check(data)
        return result if b"BAD" not in data else replace(result, findings=())

    def fixed(text: str, last: str) -> str:
        result = fix_rounds(text.encode(), "x.py", hiding, last=frozenset({last}))
        return result.fixed.after.decode() if result.fixed else text

    assert fixed("HIDE\nFIRST\n", "none") == "shown\nBAD\n"
    assert fixed("HIDE\nFIRST\n", "hide") == "HIDE\nBAD\n"
    assert fixed("HIDE\n", "hide") == "shown\n"
