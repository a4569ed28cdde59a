"""How source lines and marks are drawn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devlint import report
from devlint.findings import Confidence, FileResult, Finding, Location, Related, Severity, Span
from devlint.report import RenderOptions, RunReport
from devlint.report.snippet import snippet
from devlint.report.sources import Sources
from devlint.report.terminal import excerpt, painter, visible

PATH = "a.py"


def drawn(source: str | None, primary: Span, *related: tuple[str, Span, str], width: int = 80) -> list[str]:
    """The snippet of a finding in a file that holds `source`; `related` are (path, span, note)."""
    results = [FileResult(PATH, source={None: source} if source is not None else None)]
    places = tuple(Related(Location(path, span), note) for path, span, note in related)
    finding = Finding("XDV101", "x", "x", Location(PATH, primary), Severity.ERROR, Confidence.HIGH, places)
    return list(snippet(finding, Sources(results), width, painter(False)))


NUMBERED = "\n".join(f"line{number}" for number in range(1, 13))

CASES = {
    "one place": (("a = b", Span(1, 5, 1, 6)), ["  |", "1 | a = b", "  |     ^"]),
    "an empty span": (("a = b", Span(1, 5, 1, 5)), ["  |", "1 | a = b", "  |     ^"]),
    "at the end of the line": (("a", Span(1, 2, 1, 2)), ["  |", "1 | a", "  |  ^"]),
    "beyond the end of the line": (("a", Span(1, 9, 1, 12)), ["  |", "1 | a", "  |  ^"]),
    "beyond the end of the file": (("a", Span(2, 1, 2, 2)), []),
    "no source": ((None, Span(1, 1, 1, 2)), []),
    "an empty file": (("", Span(1, 1, 1, 1)), ["  |", "1 |", "  | ^"]),
    "an end before its start": (("abcd", Span(1, 3, 1, 1)), ["  |", "1 | abcd", "  |   ^"]),
    "a tab is four columns": (("\ta\tb", Span(1, 4, 1, 5)), ["  |", "1 |     a    b", "  |          ^"]),
    "a marked tab": (("\ta", Span(1, 1, 1, 2)), ["  |", "1 |     a", "  | ^^^^"]),
    "wide characters": (("変数 = 値", Span(1, 1, 1, 3)), ["  |", "1 | 変数 = 値", "  | ^^^^"]),
    "after wide characters": (("変数 = 値", Span(1, 6, 1, 7)), ["  |", "1 | 変数 = 値", "  |        ^^"]),
    "a combining character": (("e\u0301 = f", Span(1, 6, 1, 7)), ["  |", "1 | e\u0301 = f", "  |     ^"]),
    "form feed is no newline": (("a\x0cb\nc", Span(2, 1, 2, 2)), ["  |", "2 | c", "  | ^"]),
    "escapes are shown": (("'\x1b' + b", Span(1, 7, 1, 8)), ["  |", r"1 | '\x1b' + b", "  |          ^"]),
    "several lines": (
        ("f(\n    a,\n)", Span(1, 1, 3, 2)),
        ["  |", "1 | f(", "  | ^^ from here", "2 |     a,", "3 | )", "  | ^ to here"],
    ),
    "the newline too": (("ab\ncd\n", Span(1, 1, 2, 1)), ["  |", "1 | ab", "  | ^^"]),
    "more lines than there are": (
        ("ab\ncd", Span(1, 1, 9, 9)),
        ["  |", "1 | ab", "  | ^^ from here", "2 | cd", "  | ^^ to here"],
    ),
    "related on the same line": (
        ("x + y", Span(1, 1, 1, 6), (PATH, Span(1, 5, 1, 6), "on cuda"), (PATH, Span(1, 1, 1, 2), "on cpu")),
        ["  |", "1 | x + y", "  | ^^^^^", "  |     - on cuda", "  | - on cpu"],
    ),
    "related over several lines": (
        ("f(\n)", Span(1, 1, 1, 2), (PATH, Span(1, 2, 2, 2), "a call")),
        ["  |", "1 | f(", "  | ^", "  |  - from here", "2 | )", "  | - to here: a call"],
    ),
    "close places are one snippet": (
        (NUMBERED, Span(4, 1, 4, 2), (PATH, Span(1, 1, 1, 2), "here")),
        ["  |", "1 | line1", "  | - here", "2 | line2", "3 | line3", "4 | line4", "  | ^"],
    ),
    "far ones are cut apart": (
        (NUMBERED, Span(12, 1, 12, 2), (PATH, Span(1, 1, 1, 2), "here")),
        ["   |", " 1 | line1", "   | - here", "...", "12 | line12", "   | ^"],
    ),
    "in a file that is not shown": (
        ("a", Span(1, 1, 1, 2), ("b.py", Span(30, 4, 30, 5), "made here")),
        ["   |", " 1 | a", "   | ^", "  --> b.py:30:4: made here"],
    ),
    "clipped to the right": (
        ("a = " + "b" * 90, Span(1, 1, 1, 2)),
        ["  |", "1 | a = " + "b" * 66 + "...", "  | ^"],
    ),
    "clipped on both sides": (
        ("a" * 90 + "|" + "b" * 90, Span(1, 91, 1, 92)),
        ["  |", "1 | ..." + "a" * 23 + "|" + "b" * 46 + "...", "  | " + " " * 26 + "^"],
    ),
    "longer than can be shown": (
        ("a" * 200, Span(1, 101, 1, 201)),
        ["  |", "1 | ..." + "a" * 70 + "...", "  | " + " " * 26 + "^" * 47],
    ),
}


@pytest.mark.parametrize(("arguments", "expected"), CASES.values(), ids=CASES)
def test_drawn(arguments: tuple, expected: list[str]) -> None:
    assert drawn(*arguments) == expected


def test_a_line_of_megabytes_costs_no_more_than_a_short_one() -> None:
    line = "a" * 3_000_000
    (_, text, marks) = drawn(line, Span(1, 2_000_000, 1, 2_900_000))
    assert len(text) == len("1 | ") + 76
    assert "^" in marks


ODD = st.sampled_from("ab \t\n\r\x0c\x1b\u0301変\u200d\u202e\ud800😀")
TEXT = st.text(ODD | st.characters(), max_size=200)
NUMBER = st.integers(-2, 12) | st.integers()
SPANS = st.builds(Span, NUMBER, NUMBER, NUMBER, NUMBER)
LOCATIONS = st.builds(Location, st.sampled_from(["a.py", "b.ipynb"]), SPANS, st.sampled_from([None, 1, 2]))
FINDINGS = st.builds(
    Finding,
    st.just("XDV101"),
    st.just("name"),
    TEXT,
    LOCATIONS,
    st.sampled_from(Severity),
    st.sampled_from(Confidence),
    st.lists(st.builds(Related, LOCATIONS, TEXT), max_size=4).map(tuple),
    st.none() | TEXT,
)
SOURCES = st.none() | st.dictionaries(st.sampled_from([None, 1, 2]), TEXT)


@given(findings=st.lists(FINDINGS, min_size=1, max_size=3), sources=st.tuples(SOURCES, SOURCES), width=NUMBER)
def test_full_takes_any_span_and_text(findings: list[Finding], sources: tuple, width: int) -> None:
    results = (FileResult("a.py", tuple(findings), source=sources[0]), FileResult("b.ipynb", source=sources[1]))
    text = report.get("full").render(RunReport(results, (), (), "1.0"), RenderOptions(width=width))
    assert "\n".join(map(visible, text.split("\n"))) == text
    assert text.encode().count(b": XDV101 [name] ") >= len(findings)


@given(line=TEXT, width=st.integers(20, 60), start=st.integers(0, 250), length=st.integers(0, 250))
def test_an_excerpt_fits_and_keeps_its_focus(line: str, width: int, start: int, length: int) -> None:
    start = min(start, len(line))
    shown = excerpt(line, width, start, min(start + length, len(line)))
    assert shown.offsets[-1] <= width
    assert shown.first <= start < shown.first + len(shown.offsets)
    assert visible(shown.text) == shown.text
