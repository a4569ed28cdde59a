"""`# noqa` means what it means to flake8: compared with flake8's own code."""

from __future__ import annotations

import random
from argparse import Namespace

import pytest
from flake8.processor import FileProcessor
from flake8.violation import Violation
from hypothesis import given, settings
from hypothesis import strategies as st

from devlint.suppress import suppress
from tests.suppress.programs import CODE, RULES, TEMPLATES, Program, finding_at, programs_of

COMMENTS = [
    "# noqa",
    "# NoQA",
    "#noqa",
    "#  noqa",
    "# noqa:XDV303",
    "# noqa: XDV3",
    "# noqa: E501,XDV303",
    "# noqa: E501 XDV303 W1",
    "# noqa: E501, W503",
    "# noqa: xdv303",
    "# noqa: because",
    "# noqa : E501",
    "# noqa:  E501",
    "# noqa: XDV",
    "# noqa: XDV303because",
    "# why # noqa: XDV303 # noqa",
    "# type: ignore # noqa",
    "# flake8: noqa",
    "# noqal",
]
OPTIONS = Namespace(hang_closing=False, indent_size=4, max_line_length=79, max_doc_length=None, verbose=0)


def hidden_by_flake8(text: str) -> set[int]:
    """The lines (from 1) in which flake8 would hide a finding."""
    processor = FileProcessor("a.py", OPTIONS, text.splitlines(keepends=True))
    return {
        line
        for line in range(1, len(processor.lines) + 1)
        if Violation(CODE, "a.py", line, 1, "", processor.noqa_line_for(line)).is_inline_ignored(disable_noqa=False)
    }


def hidden_by_devlint(text: str) -> set[int]:
    """The lines (from 1) in which devlint hides a finding."""
    lines = range(1, text.count("\n") + 1)
    outcome = suppress(text, "a.py", [finding_at(line) for line in lines], RULES)
    return {*lines} - {finding.location.span.line for finding in outcome.kept}


@settings(deadline=None)
@given(programs_of(TEMPLATES), st.randoms(use_true_random=False))
def test_noqa_hides_what_flake8_hides(program: Program, chance: random.Random) -> None:
    lines = list(program.lines)
    for template, first in program.statements:
        for number in template.open:
            if chance.random() < 0.5:
                lines[first + number - 1] += "  " + chance.choice(COMMENTS)
    text = "\n".join(lines) + "\n"
    assert hidden_by_devlint(text) == hidden_by_flake8(text)


@pytest.mark.parametrize("comment", COMMENTS)
def test_each_way_to_write_it(comment: str) -> None:
    text = f"x = 1  {comment}\n"
    assert hidden_by_devlint(text) == hidden_by_flake8(text)


def test_text_in_a_string_hides_nothing() -> None:
    assert hidden_by_devlint("x = '# noqa'\n") == set()


def test_noqa_can_be_left_to_flake8() -> None:
    outcome = suppress("x = 1  # noqa\n", "a.py", [finding_at(1)], RULES, noqa=False)
    assert outcome.kept == (finding_at(1),)


def test_unused_noqa_is_not_reported() -> None:
    assert suppress("x = 1  # noqa: XDV303\n", "a.py", [], RULES).kept == ()


def test_noqa_hides_an_unused_suppression() -> None:
    text = "x = 1  # devlint: ignore[XDV303]  # noqa: XDV901\n"
    assert suppress(text, "a.py", [], RULES).kept == ()
    assert [finding.code for finding in suppress(text, "a.py", [], RULES, noqa=False).kept] == ["XDV901"]
