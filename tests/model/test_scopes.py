"""What a name surely holds where a fix would use it."""

from __future__ import annotations

import pytest

from devlint.model.scopes import Bound, Scopes

GIVEN, LATEST = Bound.GIVEN, Bound.LATEST


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def f(x):\n    HERE", GIVEN),
        ("def f(a, *, x):\n    HERE", GIVEN),
        ("def f(x=None):\n    HERE", None),
        ("def f(x: Tensor | None):\n    HERE", None),
        ("def f(x: Optional[Tensor]):\n    HERE", None),
        ("def f(*x):\n    HERE", None),
        ("def f(a):\n    HERE", None),
        ("def f(x):\n    x = g(x)\n    HERE", LATEST),
        ("def f(x):\n    HERE\n    x = g(x)", GIVEN),
        ("def f(x):\n    x = g(x)\n    HERE\n    x = h(x)", LATEST),
        ("def f(x):\n    x = g(x)\n    HERE\n    x = h(x)\n    LATER", None),
        ("def f(x):\n    x = g(x)\n    y = HERE\n    x = h(LATER)", LATEST),
        ("def f(x):\n    x = g(x)\n    x = (\n        HERE,\n        LATER)", LATEST),
        ("def f(x):\n    x = g(x)\n    for a in b:\n        HERE\n        LATER\n        x = h(x)", None),
        ("def f(x):\n    y = HERE\n    x = h(x)\n    LATER", GIVEN),
        ("def f(x):\n    for a in b:\n        HERE\n        x = g(x)", None),
        ("def f(x):\n    HERE\n    for a in b:\n        x = g(x)", GIVEN),
        ("def f(a):\n    x = g(a)\n    HERE", LATEST),
        ("def f(a):\n    x = None\n    x = g(a)\n    HERE", None),
        ("def f(a):\n    if a:\n        x = g(a)\n    HERE", None),
        ("def f(a):\n    if a:\n        x = g(a)\n        HERE", LATEST),
        ("def f(a):\n    if a:\n        x = g(a)\n    else:\n        HERE", None),
        ("def f(a):\n    for x in a:\n        HERE", LATEST),
        ("def f(a):\n    for x in a:\n        pass\n    HERE", None),
        ("def f(a):\n    with a as x:\n        HERE", LATEST),
        ("def f(a):\n    with a:\n        x = b\n    HERE", LATEST),
        ("def f(a):\n    try:\n        x = b\n    except E:\n        HERE", None),
        ("def f(a):\n    try:\n        x = b\n        HERE\n    finally:\n        pass", LATEST),
        ("def f(a):\n    x: int\n    HERE", None),
        ("def f(a):\n    x: Tensor = g()\n    HERE", LATEST),
        ("def f(a):\n    b = [x for x in a]\n    HERE", None),
        ("def f(x):\n    b = [x for x in a]\n    HERE", GIVEN),
        ("def f(a):\n    import x\n    HERE", LATEST),
        ("def f(x):\n    del x\n    HERE", None),
        ("def f(a):\n    while a:\n        x = 1 + a\n    HERE", None),
    ],
)
def test_bound(code: str, expected: Bound | None) -> None:
    lines = code.split("\n")
    line = next(number for number, text in enumerate(lines, start=1) if "HERE" in text)
    later = next((number for number, text in enumerate(lines, start=1) if "LATER" in text), line)
    assert Scopes(code).bound("x", 1, line, later) is expected


def test_module_and_broken_code() -> None:
    assert Scopes("x = f()\ny\n").bound("x", None, 2, 2) is LATEST
    assert Scopes("def f(:\n").bound("x", 1, 1, 1) is None
