"""Every check on its cases (see support.py): problems where there are some, and none elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from devlint.doctor.checks import all_checks
from devlint.doctor.checks.base import Passed, Problem, Unknown, as_finding
from devlint.doctor.checks.judge import verdicts_of
from tests.doctor.checks.support import CASES, Example, case_of, examples

CHECKS = {check.meta.name: check for check in all_checks()}
EXAMPLES = list(examples())


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_verdict(example: Example, tmp_path: Path) -> None:
    check = CHECKS[example.check]
    verdicts = verdicts_of(check, case_of(example, tmp_path))
    match example.kind:
        case "problem":
            problems = [verdict for verdict in verdicts if isinstance(verdict, Problem)]
            assert problems and len(problems) == len(verdicts), verdicts
            agrees(problems[0], example)
        case "unknown":
            (verdict,) = verdicts
            assert isinstance(verdict, Unknown), verdict
            assert example.table["reason"] in verdict.reason
        case _:
            (verdict,) = verdicts
            assert isinstance(verdict, Passed), verdict
            assert verdict.applies == (example.kind == "passes"), verdict
            assert example.table.get("detail", "") in verdict.detail


def agrees(problem: Problem, example: Example) -> None:
    """The problem says what the table promises, and points at it."""
    meta, table = CHECKS[example.check].meta, example.table
    finding = as_finding(problem, meta)
    said = f"{finding.message} {finding.tip}"
    for words in [table["message"]] if isinstance(table["message"], str) else table["message"]:
        assert words in said
    if "setting" in table:
        assert problem.setting is not None and problem.setting.key == table["setting"]
        assert finding.location == problem.setting.location
    if "fact" in table:
        assert problem.fact == table["fact"]
    if "severity" in table:
        assert finding.severity == table["severity"]


@pytest.mark.parametrize("example", [each for each in EXAMPLES if each.kind == "problem"], ids=str)
def test_problem_is_complete(example: Example, tmp_path: Path) -> None:
    for problem in verdicts_of(CHECKS[example.check], case_of(example, tmp_path)):
        assert isinstance(problem, Problem)
        assert problem.setting is not None or problem.fact is not None
        assert problem.fact is None or problem.evidence
        texts = (problem.message, problem.consequence, problem.fix, problem.command or "", problem.error_text or "")
        assert all("\n" not in text and "None" not in text for text in texts)
        assert problem.message and not problem.message.endswith(".")
        assert problem.consequence and not problem.consequence.endswith(".")
        assert problem.command and problem.fix[0].isupper() and problem.fix.endswith(":")


@pytest.mark.parametrize("name", CHECKS)
def test_check_has_a_problem_a_pass_and_an_unknown(name: str) -> None:
    kinds = {example.kind for example in EXAMPLES if example.check == name}
    assert {"problem", "passes", "unknown"} <= kinds


def test_files_belong_to_checks() -> None:
    assert {path.stem for path in CASES.iterdir()} == set(CHECKS)
