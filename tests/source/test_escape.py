"""What may leave a definition: `made()` stands for what was made there."""

from __future__ import annotations

import ast
import re

import pytest

from devlint.source.screen.escape import escapes

LEAVES = {
    "returned": "def f():\n    return made()",
    "returned through names": "def f():\n    a = made()\n    b = [a]\n    return b",
    "bound later in a loop": "def f(n):\n    x = 0\n    for _ in n:\n        y = x\n        x = made()\n    return y",
    "yielded": "def f():\n    yield made()",
    "kept in a container that was passed in": "def f(out):\n    out['x'] = made()",
    "appended to what was passed in": "def f(out):\n    out.append(made())",
    "handed to something with what was passed in": "def f(out):\n    fill(out, made()); return out",
    "an argument is changed in place": "def f(model):\n    model.made()\n    return 1",
    "returned under a condition on it": "def f():\n    if made():\n        x = 1\n    return x",
    "looped over": "def f():\n    for x in made():\n        last = x\n    return last",
    "bound by with": "def f():\n    with made() as x:\n        pass\n    return x",
    "made inside a with": "def f():\n    with made():\n        x = build()\n    return x",
    "by a nested function": "def f():\n    def g():\n        return made()\n    return g",
    "in an except block": "def f():\n    try:\n        x = 1\n    except E:\n        x = made()\n    return x",
    "in a case": "def f(y):\n    match y:\n        case 1:\n            x = made()\n    return x",
    "global": "def f():\n    global x\n    x = made()",
    "global, said in a block": "def f(y):\n    if y:\n        global x\n    x = made()",
    "named in an expression": "def f():\n    if (x := made()) is None:\n        pass\n    return x",
    "named, then bound": "def f():\n    print(x := made())\n    y = x\n    return y",
    "a default": "def f(x=made()):\n    return x",
    "a method's result": "class C:\n    def f(self):\n        return made()",
    "an attribute": "class C:\n    def f(self):\n        self.x = made()",
    "a class attribute": "class C:\n    x = made()",
    "a parameter of a class without bases": "class C:\n    def f(self):\n        self.x = Parameter(made())",
    "a parameter that a function returns": "def f():\n    return Parameter(made())",
    "an assignment": "x = made()",
}
STAYS = {
    "nothing made": "def f():\n    return 1",
    "only in a docstring": 'def f():\n    """made()"""\n    return 1',
    "only in a comment": "def f(x):\n    return x  # made()",
    "used inside": "def f(x):\n    y = made()\n    print(y)\n    return x",
    "appended to a list that stays": "def f(x):\n    out = []\n    out.append(made())\n    return x",
    "a module's parameter": "class C(nn.Module):\n    def f(self):\n        self.x = nn.Parameter(2 * made())",
    "a module's buffer": "class C(nn.Module):\n    def f(self):\n        self.register_buffer('x', made())",
    "another function's": "class C:\n    def f(self):\n        print(made())\n    def g(self):\n        return 1",
}


def places_of(text: str) -> list[tuple[int, int]]:
    return [
        (number, match.start())
        for number, line in enumerate(text.split("\n"), 1)
        for match in re.finditer(r"made\(", line)
    ]


@pytest.mark.parametrize("text", LEAVES.values(), ids=LEAVES)
def test_what_may_leave(text: str) -> None:
    assert escapes(ast.parse(text).body[0], places_of(text))


@pytest.mark.parametrize("text", STAYS.values(), ids=STAYS)
def test_what_stays(text: str) -> None:
    assert not escapes(ast.parse(text).body[0], places_of(text))
