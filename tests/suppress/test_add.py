"""Comments that `--add-ignore` puts in hide what they should, and fixes keep off lines that comments protect."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from devlint.findings import Edit, Finding, Fix, Safety, Span
from devlint.source.rewrite import splice
from devlint.suppress import suppress
from devlint.suppress.add import ignore_comments
from tests.suppress.programs import DECOYS, RULES, TEMPLATES, Program, finding_at, programs_of


def named(finding: Finding) -> Finding:
    return replace(finding, name="invalid-device")


@settings(deadline=None)
@given(programs_of([*TEMPLATES, *DECOYS]))
def test_all_findings_are_hidden(program: Program) -> None:
    findings = [named(finding) for finding in program.findings]
    text = splice(program.text, ignore_comments(program.text, findings, "why"))
    outcome = suppress(text, "a.py", findings, RULES)
    assert (outcome.kept, outcome.hidden) == ((), len(findings))
    assert [line.partition("  # devlint: ignore[")[0] for line in text.split("\n")] == [
        line.partition("  # devlint: ignore[")[0].rstrip() if new != line else line
        for line, new in zip(program.text.split("\n"), text.split("\n"), strict=True)
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("SITE", "SITE  # devlint: ignore[invalid-device] why"),
        ("SITE   ", "SITE  # devlint: ignore[invalid-device] why"),
        ("SITE  # text", "SITE  # text  # devlint: ignore[invalid-device] why"),
        ("SITE  # devlint: ignore[XDV101] other", "SITE  # devlint: ignore[XDV101, invalid-device] other"),
        ("SITE  # devlint: ignore[ XDV101 ]", "SITE  # devlint: ignore[ XDV101, invalid-device ]"),
        ("SITE  # ends in a \\", "SITE  # ends in a \\  # devlint: ignore[invalid-device] why"),
        ("f(SITE, '''\n''')", "f(SITE, '''\n''')  # devlint: ignore[invalid-device] why"),
        ('x = f"""\n{SITE}\n"""', 'x = f"""\n{SITE}\n"""  # devlint: ignore[invalid-device] why'),
    ],
)
def test_where_the_comment_goes(before: str, after: str) -> None:
    number = next(number for number, line in enumerate(before.split("\n"), start=1) if "SITE" in line)
    assert splice(before, ignore_comments(before, [named(finding_at(number))], "why")) == after


def test_names_of_a_line_share_a_comment() -> None:
    findings = [replace(finding_at(1), name=name) for name in ("b", "a", "b")]
    assert splice("SITE", ignore_comments("SITE", findings, "")) == "SITE  # devlint: ignore[b, a]"


@pytest.mark.parametrize(
    ("text", "has_fix"),
    [
        ("a\nSITE\n", True),
        ("a  # devlint: ignore[XDV303]\nSITE\n", False),
        ("a  # noqa: XDV303\nSITE\n", False),
        ("a  # noqa\nSITE\n", False),
        ("a  # noqa: E501\nSITE\n", True),
        ("f(  # devlint: ignore[XDV101]\na)\nSITE\n", True),
    ],
)
def test_fix_keeps_off_protected_lines(text: str, has_fix: bool) -> None:
    line = next(number for number, each in enumerate(text.split("\n"), start=1) if "SITE" in each)
    fix = Fix("repair it", (Edit(Span(1, 1, 1, 2), "b"),), Safety.SAFE)
    (found,) = (
        each
        for each in suppress(text, "a.py", [replace(finding_at(line), fix=fix)], RULES).kept
        if each.code == "XDV303"
    )
    assert (found.fix is not None) == has_fix
