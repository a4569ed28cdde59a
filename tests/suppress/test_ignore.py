"""`# devlint: ignore` in its places and forms, and what is said about one that hides nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devlint.findings import Finding, Location, Related, Span
from devlint.suppress import Rules, suppress
from tests.suppress.programs import CODE, DECOYS, RULES, TEMPLATES, UNUSED, Program, finding_at, programs_of

COMMENTS = st.sampled_from(
    [
        f"# devlint: ignore[{CODE}]",
        "# devlint:ignore[invalid-device] the cluster has such devices",
        "# devlint: ignore [ XDV101 , portability ] reason",
        "# devlint: ignore",
        "# type: ignore # devlint: ignore[XDV3]",
    ]
)
PROGRAMS = programs_of([*TEMPLATES, *DECOYS])


def lines_of(findings: tuple[Finding, ...]) -> list[int]:
    return [finding.location.span.line for finding in findings if finding.code == CODE]


@settings(deadline=None)
@given(PROGRAMS)
def test_text_in_strings_never_suppresses(program: Program) -> None:
    outcome = suppress(program.text, "a.py", program.findings, RULES)
    assert (outcome.kept, outcome.hidden) == (program.findings, 0)


@settings(deadline=None)
@given(PROGRAMS.filter(lambda program: program.findings), COMMENTS, st.data())
def test_comment_on_any_line_of_a_statement_hides_exactly_its_finding(
    program: Program, comment: str, data: st.DataObject
) -> None:
    chosen = data.draw(st.integers(0, len(program.findings) - 1))
    template, first = program.statements[chosen]
    line = first + data.draw(st.sampled_from(template.open))
    outcome = suppress(program.with_comment(line, comment), "a.py", program.findings, RULES)
    others = [finding for finding in program.findings if finding != program.findings[chosen]]
    assert [finding for finding in outcome.kept if finding.code == CODE] == others
    assert outcome.hidden == 1


@settings(deadline=None)
@given(PROGRAMS.filter(lambda program: program.findings), COMMENTS, st.data())
def test_comment_above_a_statement_hides_exactly_its_finding(
    program: Program, comment: str, data: st.DataObject
) -> None:
    chosen = data.draw(st.integers(0, len(program.findings) - 1))
    _, first = program.statements[chosen]
    text = program.with_line(first, comment)
    moved = [finding_at(line + (line >= first)) for line in lines_of(program.findings)]
    outcome = suppress(text, "a.py", moved, RULES)
    assert lines_of(outcome.kept) == lines_of(tuple(moved[:chosen] + moved[chosen + 1 :]))


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("# devlint: ignore\nSITE", True),
        ("# devlint: ignore\n# because\nSITE", True),
        ("# devlint: ignore\n\nSITE", False),
        ("x = 1  # devlint: ignore\nSITE", False),
        ("SITE\n# devlint: ignore", False),
        ("# devlint: ignore\ndef f():\n    SITE", False),
        ("def f():  # devlint: ignore\n    SITE", False),
        ("if x:\n    y()\n# devlint: ignore\nelif SITE:\n    z()", True),
        ("@dec\n# devlint: ignore\n\ndef f(a=SITE): pass", True),
        ("# devlint: ignore[XDV101]\n# devlint: ignore[XDV303]\nSITE", True),
        ("SITE  # devlint: ignore[XDV101]", False),
        ("SITE  # devlint: ignored", False),
        ("SITE  # devlint: ignore-files", False),
        ("SITE  # Devlint: ignore", False),
        ("# devlint: ignore-file\nx = 1\nSITE", True),
        ("SITE\n\n\n    # devlint: ignore-file[portability] generated", True),
        ("# devlint: ignore-file[XDV101]\nSITE", False),
        ("x = 1  # devlint: ignore-file\nSITE", False),
        ("x = '''\n'''  # devlint: ignore-file\nSITE", False),
        ("f(\n    # devlint: ignore-file\n)\nSITE", True),
        ("SITE  # devlint: ignore[XDV303", False),
        ("SITE  # devlint: ignore[]", False),
        ("SITE  # devlint: ignore[nonsense]", False),
        ("SITE  # devlint: ignore[nonsense, XDV303]", True),
        ("'''\n# devlint: ignore\nSITE", True),  # the tokenizer gives up: each line is on its own
    ],
)
def test_where_it_works(text: str, hidden: bool) -> None:
    line = text.split("\n").index(next(line for line in text.split("\n") if "SITE" in line)) + 1
    assert suppress(text, "a.py", [finding_at(line)], RULES).hidden == hidden


def test_related_places_do_not_count() -> None:
    related = Related(Location("a.py", Span(1, 1, 1, 5)), "made here")
    finding = finding_at(2)
    told = Finding(CODE, "a-rule", "m", finding.location, finding.severity, finding.confidence, (related,))
    outcome = suppress("x = a  # devlint: ignore\ny = b\n", "a.py", [told], RULES)
    assert told in outcome.kept


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("x = 1  # devlint: ignore[XDV303] why", ["`# devlint: ignore[XDV303]` hides no finding"]),
        ("x = 1  # devlint: ignore", ["`# devlint: ignore` hides no finding"]),
        ("# devlint: ignore-file", ["`# devlint: ignore-file` hides no finding"]),
        (
            "x = 1  # devlint: ignore[portability, XDV101]",
            ["`# devlint: ignore[portability]` hides no finding", "`# devlint: ignore[XDV101]` hides no finding"],
        ),
        ("SITE  # devlint: ignore[XDV303, XDV101]", ["`# devlint: ignore[XDV101]` hides no finding"]),
        ("SITE  # devlint: ignore  # noqa", []),
        ("x = 1  # devlint: ignore[XDV999]", []),  # a rule that did not run
        ("x = 1  # devlint: ignore[nope]", ["`# devlint: ignore[nope]` has no effect: unknown rule `nope`"]),
        ("x = 1  # devlint: ignore[XDV303", ["`# devlint: ignore[XDV303` has no effect: it lacks its closing bracket"]),
        ("x = 1  # devlint: ignore[ ]", ["`# devlint: ignore[ ]` has no effect: it names no rule"]),
        ("x = 1  # devlint: ignore-file", ["`# devlint: ignore-file` has no effect: it needs a line of its own"]),
        ("x = 1  # devlint: ignore[XDV303, XDV901]", []),
        ("# devlint: ignore[XDV303, unused-suppression]\nx = 1", []),
        ("x = 1  # devlint: ignore[XDV901]", []),
        ("# devlint: ignore-file[unused-suppression]\nx = 1  # devlint: ignore", []),
        ("# devlint: ignore-file\nx = 1  # devlint: ignore", []),
    ],
)
def test_a_comment_that_hides_nothing_is_a_finding(text: str, messages: list[str]) -> None:
    findings = [finding_at(1)] if "SITE" in text else []
    kept = suppress(text, "a.py", findings, RULES).kept
    assert [finding.message for finding in kept] == messages
    assert {(finding.code, finding.name) for finding in kept} <= {(UNUSED.code, UNUSED.name)}


def test_unused_suppressions_are_not_reported_where_their_rule_does_not_run() -> None:
    rules = Rules(RULES.resolve, RULES.ran - {UNUSED.code}, UNUSED)
    assert suppress("x = 1  # devlint: ignore[nope]", "a.py", [], rules).kept == ()


def test_the_finding_points_at_the_selector() -> None:
    (finding,) = suppress("\nx = 1  # devlint: ignore[ nope ] why", "a.py", [], RULES).kept
    assert finding.location == Location("a.py", Span(2, 27, 2, 31))


def test_without_comments_nothing_is_tokenized(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devlint.suppress.outcome.comments_of", None)
    for text, findings in [("x = 1  # why", [finding_at(1)]), ("x = 1  # noqa", []), ("", [])]:
        assert suppress(text, "a.py", findings, RULES).kept == tuple(findings)
