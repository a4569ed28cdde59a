"""Files that import each other: findings where the comments promise them, whatever else was looked at before."""

from __future__ import annotations

from pathlib import Path

import pytest

from devlint.findings import Finding
from devlint.project import Project
from tests.fixtures_support import PROJECTS, check_in_project, complaints, marks_of, project_paths

PATHS = [path for path in project_paths() if path.name != "broken.py"]


def name_of(path: Path) -> str:
    return path.relative_to(PROJECTS).as_posix()


def project() -> Project:
    return Project(cwd=str(PROJECTS))


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_findings_are_as_marked(path: Path) -> None:
    result = check_in_project(path, project())
    assert not result.failures
    found = complaints(marks_of(path.read_text(encoding="utf-8")), result.findings)
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_the_screen_changes_nothing(path: Path) -> None:
    with_screen, without = (check_in_project(path, project(), use_screen) for use_screen in (True, False))
    assert with_screen.findings == without.findings


def test_the_order_of_files_changes_nothing() -> None:
    alone = [check_in_project(path, project()) for path in PATHS]
    shared = project()
    assert [check_in_project(path, shared) for path in PATHS] == alone
    shared = project()
    assert [check_in_project(path, shared) for path in reversed(PATHS)] == alone[::-1]


def test_a_file_alone_is_no_failure() -> None:
    """Without a project what is imported stays unknown, and so does most of what inherits from it."""
    path = PROJECTS / "inheritance" / "models" / "nets.py"
    result = check_in_project(path, None)
    assert not result.failures
    assert len(result.findings) < len(check_in_project(path, project()).findings)


def related(finding: Finding) -> set[str]:
    return {each.location.path for each in finding.related}


def test_places_in_other_files_carry_their_path() -> None:
    result = check_in_project(PROJECTS / "helpers" / "src" / "tools" / "use.py", project())
    finding = next(each for each in result.findings if "is added to" in each.message)
    other = next(each for each in finding.related if each.location.path.endswith("moving.py"))
    line = (PROJECTS / other.location.path).read_text(encoding="utf-8").splitlines()[other.location.span.line - 1]
    assert line[other.location.span.column - 1 :] == "left + right"
    assert all(finding.location.path.endswith("use.py") for finding in result.findings)
