"""Edits of nodes, on all the ways to lay code out."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst
import pytest

from devlint.findings import Edit
from devlint.parse import Editor, parse
from devlint.source.rewrite import splice


def first(editor: Editor, kind: type) -> cst.CSTNode:
    """The outermost node of a kind."""
    waiting: list[cst.CSTNode] = [editor.tree]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, kind):
            return node
        waiting[:0] = node.children
    raise AssertionError(f"no {kind.__name__}")


def edited(text: str, edits: Iterable[Edit | None] | None) -> str | None:
    return None if edits is None else splice(text, [edit for edit in edits if edit is not None])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f()", "f(k=v)"),
        ("f( )", "f( k=v)"),
        ("f(\n)", "f(\nk=v)"),
        ("f(a)", "f(a, k=v)"),
        ("f(a,)", "f(a, k=v,)"),
        ("f((a), b=1)", "f((a), b=1, k=v)"),
        ("f(*a)", "f(*a, k=v)"),
        ("f(a, # one\n  b)", "f(a, # one\n  b, k=v)"),
        ("f(\n    a,\n    b,\n)", "f(\n    a,\n    b,\n    k=v,\n)"),
        ("f(\n    a,\n    b\n)", "f(\n    a,\n    b,\n    k=v\n)"),
        ("f(\n    a,\n    b  # last\n)", "f(\n    a,\n    b,  # last\n    k=v\n)"),
        ("f(\n    a,\n    b,  # last\n)", "f(\n    a,\n    b,  # last\n    k=v,\n)"),
        ("f(\n    a, b,\n)", "f(\n    a, b, k=v,\n)"),
        ("f(a,\n  b)", "f(a,\n  b, k=v)"),
        ("f(\n\ta,\n)", "f(\n\ta,\n\tk=v,\n)"),
        ("f(a, \\\n  b)", "f(a, \\\n  b, k=v)"),
        ("f(**a)", None),
        ("f(b, **{'k': 1})", None),
        ("f(k=1)", None),
        ("f(x for x in y)", None),
        ("f((x for x in y))", "f((x for x in y), k=v)"),
        ("f('''\n''')", "f('''\n''', k=v)"),
    ],
)
def test_keyword_is_added(before: str, after: str | None) -> None:
    editor = Editor(parse(before), before)
    assert edited(before, editor.add_keyword(first(editor, cst.Call), "k", "v")) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("y = x", "y = x.m()"),
        ("y = (x)", "y = (x).m()"),
        ("y = a + b", "y = (a + b).m()"),
        ("y = (a\n + b)", "y = (a\n + b).m()"),
        ("y = -x", "y = (-x).m()"),
        ("y = x[0].t()", "y = x[0].t().m()"),
        ("y = 1", "y = (1).m()"),
        ("y = a if b else c", "y = (a if b else c).m()"),
    ],
)
def test_call_is_appended(before: str, after: str) -> None:
    editor = Editor(parse(before), before)
    assert edited(before, editor.append_call(first(editor, cst.Assign).value, ".m()")) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import a\nx\n", "import os\nimport a\nx\n"),
        ('"""Doc."""\n\nimport a\n', '"""Doc."""\n\nimport os\nimport a\n'),
        (
            "from __future__ import annotations\n\nimport a\n",
            "from __future__ import annotations\n\nimport os\nimport a\n",
        ),
        ("# top\n\nfrom a import b\n", "# top\n\nimport os\nfrom a import b\n"),
        ('"""Doc."""\nx = 1\n', '"""Doc."""\nimport os\nx = 1\n'),
        ("from __future__ import annotations\nx = 1\n", "from __future__ import annotations\nimport os\nx = 1\n"),
        ("x = 1\n", "import os\nx = 1\n"),
        ("if a:\n    pass\n", "import os\nif a:\n    pass\n"),
        ('"""Doc.""" ; x = 1\n', '"""Doc.""" ; x = 1\nimport os\n'),
    ],
)
def test_import_is_added(before: str, after: str) -> None:
    edit = Editor(parse(before), before).add_import("import os")
    assert edited(before, [edit]) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\nx = 1  # c\nb\n", "a\nb\n"),
        ("if a:\n    x = 1\n    b\n", "if a:\n    b\n"),
        ("if a:\n    x = 1\n", None),
        ("b; x = 1\n", None),
        ("if a: x = 1\n", None),
    ],
)
def test_line_is_deleted(before: str, after: str | None) -> None:
    editor = Editor(parse(before), before)
    statement = editor.statement_of(first(editor, cst.Assign))
    edit = editor.delete_line(statement) if statement is not None else None
    assert (edited(before, [edit]) if edit else None) == after


@pytest.mark.parametrize(("text", "is_inside"), [('x = f"{y}"', True), ('x = "{y}", y', False), ('f"{a}" + y', False)])
def test_f_strings_are_told_apart(text: str, is_inside: bool) -> None:
    editor = Editor(parse(text), text)
    names = [node for node in walk(editor.tree) if isinstance(node, cst.Name) and node.value == "y"]
    found = [editor.is_in_string([editor.insert_after(name, "z")]) for name in names if name in editor.places]
    assert found == [is_inside]


def walk(node: cst.CSTNode) -> Iterable[cst.CSTNode]:
    yield node
    for child in node.children:
        yield from walk(child)


def test_scope_and_ancestors() -> None:
    text = "class A:\n    def f(self):\n        g = lambda: x\n        return [y for y in z], w\n"
    editor = Editor(parse(text), text)
    by_name = {node.value: node for node in walk(editor.tree) if isinstance(node, cst.Name) and node.value in "xyzw"}
    scopes = {name: type(editor.scope_of(node)).__name__ for name, node in by_name.items()}
    assert scopes == {"x": "NoneType", "y": "NoneType", "z": "NoneType", "w": "FunctionDef"}
    assert editor.scope_of(first(editor, cst.ClassDef)) is editor.tree
    assert [type(each).__name__ for each in editor.ancestors(by_name["w"])][-2:] == ["IndentedBlock", "ClassDef"]
