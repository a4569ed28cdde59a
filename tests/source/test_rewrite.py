"""Edits on bytes: all that no edit touches stays as it is."""

from __future__ import annotations

import codecs
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devlint.findings import Edit, Span
from devlint.source import SourceError
from devlint.source.rewrite import rewrite, splice


def at(line: int, column: int, text: str, end: int | None = None, cell: int | None = None) -> Edit:
    return Edit(Span(line, column, line, column if end is None else end), text, cell)


@pytest.mark.parametrize(
    ("before", "edits", "after"),
    [
        (b"a = 1\nb = 2\n", [at(2, 5, "3", 6)], b"a = 1\nb = 3\n"),
        (b"a\r\nb\nc\r", [at(1, 2, "\nx"), at(2, 2, "\ny"), at(3, 2, "\nz")], b"a\r\nx\r\nb\ny\nc\rz\r"),
        (b"a\r\nb", [at(2, 2, "\nc")], b"a\r\nb\r\nc"),
        (b"a", [at(1, 2, "\nb")], b"a\nb"),
        (codecs.BOM_UTF8 + b"a = 1\n", [at(1, 1, "b = ")], codecs.BOM_UTF8 + b"b = a = 1\n"),
        (
            "# coding: latin-1\né = ü\n".encode("latin-1"),
            [at(2, 5, "ß", 6)],
            "# coding: latin-1\né = ß\n".encode("latin-1"),
        ),
        ("\U0001f600 = 1\n".encode(), [at(1, 5, "2", 6)], "\U0001f600 = 2\n".encode()),
        (b"x\x0cy\n", [at(1, 3, "z")], b"x\x0czy\n"),
        (b"ab\n", [at(1, 2, "1"), at(1, 2, "2")], b"a12b\n"),
        (b"a\nb\nc\n", [Edit(Span(1, 2, 3, 1), "")], b"ac\n"),
    ],
)
def test_edited(before: bytes, edits: list[Edit], after: bytes) -> None:
    assert rewrite(before, "x.py", edits) == after


@pytest.mark.parametrize(
    ("data", "edits", "reason"),
    [
        (b"a\n", [at(5, 1, "x")], "line 5, is not in the file"),
        (b"abc\n", [at(1, 1, "x", 3), at(1, 2, "y", 4)], "overlap"),
        (b"# coding: latin-1\na\n", [at(2, 1, "\u20ac")], "cannot be written as 'iso-8859-1'"),
        (b"# coding: utf-7\n+AGE- = 1\n", [at(2, 1, "x")], "cannot be written back as 'utf-7' without other changes"),
    ],
)
def test_refused(data: bytes, edits: list[Edit], reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        rewrite(data, "x.py", edits)


def notebook(source: Any, **options: Any) -> bytes:
    cells = [
        {"cell_type": "markdown", "source": ["# Überschrift\n"]},
        {"cell_type": "code", "source": source, "outputs": [1, {}]},
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, **options).encode()


LINES = ["x = 1\n", "y = 'é'\n", "z = 3"]


@pytest.mark.parametrize(
    "options", [{"indent": 1}, {"indent": 4}, {"separators": (",", ":")}, {"indent": "\t", "ensure_ascii": False}]
)
@pytest.mark.parametrize("source", [LINES, "".join(LINES), ["".join(LINES)]], ids=["lines", "text", "one-item"])
def test_notebook_keeps_its_formatting(source: Any, options: dict[str, Any]) -> None:
    edits = [at(1, 5, "2", 6, cell=2), at(3, 6, "\nw = 4", cell=2)]
    after = rewrite(notebook(source, **options), "x.ipynb", edits)
    new = ["x = 2\n", "y = 'é'\n", "z = 3\n", "w = 4"]
    assert after == notebook("".join(new) if isinstance(source, str) else new, **options) or source == ["".join(LINES)]
    assert "".join(json.loads(after)["cells"][1]["source"]) == "".join(new)


def test_old_notebook() -> None:
    cells = [{"cell_type": "code", "language": "python", "input": ["a"]}, {"cell_type": "code", "input": "b"}]
    old = {"worksheets": [{"cells": cells[:1]}, {"cells": cells[1:]}], "nbformat": 3}
    after = rewrite(json.dumps(old, indent=1).encode(), "x.ipynb", [at(1, 1, "c", 2, cell=2)])
    cells[1]["input"] = "c"
    assert after == json.dumps(old, indent=1).encode()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_notebook_keeps_its_encoding(encoding: str) -> None:
    text = notebook(["a = 1"], ensure_ascii=False).decode()
    after = rewrite(text.encode(encoding), "x.ipynb", [at(1, 5, "2", 6, cell=2)])
    assert after == text.replace("a = 1", "a = 2").encode(encoding)


def test_windows_newlines_in_a_cell() -> None:
    after = rewrite(notebook(["a\r\n", "b"]), "x.ipynb", [at(1, 2, "\nc", cell=2)])
    assert json.loads(after)["cells"][1]["source"] == ["a\r\n", "c\r\n", "b"]


texts = st.text(st.sampled_from("ab \té\U0001f600\n\r\x0c\u2028"), max_size=20)
documents = st.recursive(
    st.none() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)


@given(texts, st.data())
def test_splicing_is_slicing(text: str, data: st.DataObject) -> None:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = plain.split("\n")
    line = data.draw(st.integers(1, len(lines)))
    column = data.draw(st.integers(1, len(lines[line - 1]) + 1))
    after = splice(text, [at(line, column, "NEW")])
    before, _, rest = after.partition("NEW")
    assert before + rest == text
    assert before.replace("\r\n", "\n").replace("\r", "\n") == "\n".join(
        [*lines[: line - 1], lines[line - 1][: column - 1]]
    )


@given(
    st.lists(texts.filter(bool), min_size=1, max_size=4),
    documents,
    st.sampled_from([None, 1, 3]),
    st.booleans(),
    st.data(),
)
def test_only_the_cell_changes(
    sources: list[str], other: Any, indent: int | None, ascii_only: bool, data: st.DataObject
) -> None:
    as_lines = data.draw(st.booleans())
    cells = [
        {"x": other, "cell_type": "code", "source": each.splitlines(keepends=True) if as_lines else each}
        for each in sources
    ]
    book = {"metadata": {"other": other}, "cells": cells, "tail": other}
    before = json.dumps(book, indent=indent, ensure_ascii=ascii_only)
    number = data.draw(st.integers(1, len(cells)))
    after = rewrite(before.encode(), "x.ipynb", [at(1, 1, "new", cell=number)]).decode()
    cells[number - 1]["source"] = (
        ("new" + sources[number - 1]).splitlines(keepends=True) if as_lines else "new" + sources[number - 1]
    )
    assert json.loads(after) == book
    assert ascii_only is False or after == json.dumps(book, indent=indent, ensure_ascii=True)
