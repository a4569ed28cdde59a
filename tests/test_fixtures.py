"""Every fixture: findings where the comments promise them, and silence elsewhere (see tests/fixtures_support.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from devlint.findings import Confidence, Finding, Location, Severity, Span
from devlint.rules import all_metas
from tests.fixtures_support import ENGINE, FIXTURES, Mark, check_fixture, complaints, fixture_paths, marks_of, name_of

PATHS = fixture_paths()
METAS = {meta.name: meta for meta in all_metas()}


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_findings_are_as_marked(path: Path) -> None:
    result = check_fixture(path)
    assert not result.failures
    found = complaints(marks_of(path.read_text(encoding="utf-8")), result.findings)
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize("name", METAS)
def test_rule_has_true_bugs_and_look_alikes(name: str) -> None:
    folder = [path for path in PATHS if path.parent == FIXTURES / name]
    marks = {path: marks_of(path.read_text(encoding="utf-8")) for path in folder}
    assert any(mark.code == METAS[name].code and mark.kind == "" for each in marks.values() for mark in each)
    assert any("lookalikes" in path.stem or METAS[name].code == "XDV901" for path in folder)


def test_folders_are_rules() -> None:
    assert {path.parent.name for path in PATHS} == {*METAS, ENGINE}


def finding(line: int, code: str, message: str = "is wrong") -> Finding:
    place = Location("x.py", Span(line, 1, line, 2))
    return Finding(code, "name", message, place, Severity.ERROR, Confidence.HIGH)


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("x = 1  # XDV101", [Mark(1, "XDV101")]),
        ("\nx = 1  # XDV101: `y` is", [Mark(2, "XDV101", "", "`y` is")]),
        ("x = 1  # XDV101 XDV202, XDV303", [Mark(1, "XDV101"), Mark(1, "XDV202"), Mark(1, "XDV303")]),
        ("x = 1  # todo: XDV101; todook: XDV202", [Mark(1, "XDV101", "todo"), Mark(1, "XDV202", "todook")]),
        ("x = 1  # devlint: ignore[XDV303] why # XDV901", [Mark(1, "XDV901")]),
        ("x = '# XDV101'  # like XDV101", []),
    ],
)
def test_marks_are_read(text: str, marks: list[Mark]) -> None:
    assert marks_of(text) == marks


@pytest.mark.parametrize("comment", ["# XDV1", "# todo XDV101", "# todo: XDV", "# XDV101 and XDV202"])
def test_bad_mark_is_refused(comment: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        marks_of(comment)


@pytest.mark.parametrize(
    ("comment", "findings", "complaint"),
    [
        ("# XDV101", [(1, "XDV101")], None),
        ("# XDV101", [], "1: XDV101 is missing"),
        ("# XDV101", [(1, "XDV101"), (1, "XDV101")], "1: unexpected XDV101"),
        ("# XDV101", [(2, "XDV101")], "1: XDV101 is missing"),
        ("# XDV101: other words", [(1, "XDV101")], "1: XDV101 says 'is wrong'"),
        ("# todo: XDV101", [], None),
        ("# todo: XDV101", [(1, "XDV101")], "1: XDV101 is found now"),
        ("# todook: XDV101", [(1, "XDV101")], None),
        ("# todook: XDV101", [], "1: XDV101 is silent now"),
        ("", [(1, "XDV101")], "1: unexpected XDV101 is wrong"),
    ],
)
def test_disagreement_is_said(comment: str, findings: list[tuple[int, str]], complaint: str | None) -> None:
    said = complaints(marks_of(comment), tuple(finding(*each) for each in findings))
    assert said[0].startswith(complaint) if complaint else not said, said
