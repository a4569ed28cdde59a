"""From a file to the text that is analysed, and back."""

from __future__ import annotations

import ast
import json
import textwrap

from hypothesis import given, settings
from hypothesis import strategies as st

from devlint.findings import Span
from devlint.source import Document

SNIPPETS = st.sampled_from(
    [
        "MARK = 1",
        "MARK;",
        "",
        "# MARK",
        "%cd it's\nMARK",
        "if x:\n    !ls \\\n      -l\n    MARK()",
        "x = !ls\nMARK",
        "s = '''\n!MARK\n'''",
        "s = (a\n  % MARK)",
        "MARK.zeros(1)\ntorch.zeros?",
        "await MARK",
        "pip install torch\nprint('%s' % MARK)",
    ]
)
CODE_CELLS = st.builds(
    lambda first, code, indent: textwrap.indent(f"{first}{code}", indent),
    st.sampled_from(["", "%%time\n", "%%capture x\n"]),
    st.lists(SNIPPETS).map("\n".join),
    st.sampled_from(["", "", "", "   ", "\t"]),
)
OTHER_CELLS = st.sampled_from(["%%bash\nls (\n", "%%html\n<b>\n</b>"])
CELLS = st.lists(st.tuples(st.sampled_from(["code", "code", "markdown", "raw"]), CODE_CELLS | OTHER_CELLS))


def notebook(cells: list[tuple[str, str]]) -> bytes:
    return json.dumps({"cells": [{"cell_type": kind, "source": source} for kind, source in cells]}).encode()


def marks(source: str) -> list[Span]:
    return [
        Span(number, column + 1, number, column + 5)
        for number, line in enumerate(source.split("\n"), start=1)
        if (column := line.find("MARK")) >= 0
    ]


@settings(deadline=None)
@given(CELLS)
def test_code_of_a_notebook_is_placed_in_its_cells(cells: list[tuple[str, str]]) -> None:
    document = Document.read(notebook(cells), "a.ipynb")
    expected = [
        (number, span)
        for number, (kind, source) in enumerate(cells, start=1)
        if kind == "code"
        for span in marks(source)
    ]
    ast.parse(document.text)
    assert [document.place(span) for span in marks(document.text)] == expected
    assert document.cells == {number: source for number, (kind, source) in enumerate(cells, 1) if kind == "code"}


def test_span_over_lines_keeps_its_shape() -> None:
    document = Document.read(notebook([("markdown", "text"), ("code", "a"), ("code", "f(\n  1,\n)")]), "A.IPYNB")
    begin = document.text.split("\n").index("f(") + 1
    assert document.place(Span(begin, 1, begin + 2, 2)) == (3, Span(1, 1, 3, 2))


def test_plain_file_is_its_own_place() -> None:
    document = Document.read(b"\xef\xbb\xbfx = 1\r\ny = 2\r\n", "a.py")
    assert document.cells == {None: document.text} == {None: "x = 1\ny = 2\n"}
    assert document.place(Span(2, 1, 2, 2)) == (None, Span(2, 1, 2, 2))


def syntax_error_line(code: str) -> int | None:
    try:
        ast.parse(code)
    except SyntaxError as error:
        return error.lineno
    return None


def test_broken_cells_are_blanked_and_named() -> None:
    cells = [
        ("code", "a = 1"),
        ("markdown", "text"),
        ("code", "ok = 1\nb = ("),
        ("code", "c = 1\nd = 2"),
        ("code", "1 +"),
    ]
    document = Document.read(notebook(cells), "a.ipynb")
    isolated, faults = document.isolate(syntax_error_line)
    assert faults == {3: 2, 5: 1}
    assert [line for line in isolated.text.split("\n") if line] == ["a = 1", "c = 1", "d = 2"]
    at = isolated.text.split("\n").index("d = 2") + 1
    assert isolated.place(Span(at, 1, at, 2)) == document.place(Span(at, 1, at, 2)) == (4, Span(2, 1, 2, 2))


def test_sound_cells_stay_as_they_are() -> None:
    document = Document.read(notebook([("code", "a = 1"), ("code", "b = 2\n")]), "a.ipynb")
    assert document.isolate(syntax_error_line) == (document, {})


def test_nothing_reaches_from_one_cell_into_the_next() -> None:
    document = Document.read(notebook([("code", "a = 1 \\"), ("code", "b = 2")]), "a.ipynb")
    assert [type(statement) for statement in ast.parse(document.text).body] == [ast.Assign, ast.Assign]
