"""Whatever the file holds: findings or one clear failure, never an exception, and the rest of the run goes on."""

from __future__ import annotations

import builtins
import keyword
import pickle
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import devlint.lint
from devlint.findings import FailureKind, FileResult
from devlint.lint import check_source
from devlint.rules import all_metas, all_rules
from devlint.rules.base import HANDLERS, Rule
from devlint.settings.schema import LintSettings
from tests.fixtures_support import FIXTURES, fixture_paths, name_of

CODES = frozenset(meta.code for meta in all_metas())
GPU = 'torch.zeros(3, device="gpu")'
SECONDS = 60
"""No single file here may take more of a slow processor; the clock would count what else the machine does."""


def check(source: str | bytes, codes: frozenset[str] = CODES, use_screen: bool = True) -> FileResult:
    data = source.encode() if isinstance(source, str) else source
    start = time.process_time()
    result = check_source(data, "x.py", LintSettings(enabled=codes, unsure=codes, use_screen=use_screen))
    assert time.process_time() - start < SECONDS
    assert pickle.loads(pickle.dumps(result)) == result
    return result


# ------------------------------------------------------------------------------------------------------ crashing rules


def crashing(rule: type[Rule], name: str) -> type[Rule]:
    """The rule, but one handler of it raises."""

    def handler(self: Rule, event: object) -> Iterator[object]:
        raise KeyError("oh")

    return type(f"Crashing{rule.__name__}", (rule,), {name: handler})


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.meta.name)
def test_crash_of_a_rule_stops_only_that_rule(rule: type[Rule], monkeypatch: pytest.MonkeyPatch) -> None:
    handlers = [name for name in HANDLERS.values() if hasattr(rule, name)]
    (path, *_) = (each for each in fixture_paths() if each.parent == FIXTURES / rule.meta.name)
    before = check(path.read_bytes())
    for name in handlers:
        enabled = devlint.lint._enabled
        with monkeypatch.context() as patch:
            patch.setattr(
                devlint.lint,
                "_enabled",
                lambda codes, name=name, enabled=enabled: tuple(
                    crashing(each, name) if each is rule else each for each in enabled(codes)
                ),
            )
            result = check(path.read_bytes())
        assert {failure.kind for failure in result.failures} <= {FailureKind.RULE_CRASH}
        if result.failures:
            (failure,) = result.failures
            assert rule.meta.code in failure.message and "KeyError" in (failure.detail or "")
        others = [each for each in before.findings if each.code not in (rule.meta.code, "XDV901")]
        assert [each for each in result.findings if each.code not in (rule.meta.code, "XDV901")] == others


def test_crash_is_seen() -> None:
    """The test above would also pass if no crash ever happened."""
    from devlint.rules.portability.invalid_device_string import InvalidDeviceString

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(devlint.lint, "_enabled", lambda codes: (crashing(InvalidDeviceString, "on_api_call"),))
        (failure,) = check(f"import torch\n{GPU}\n").failures
    assert failure.kind is FailureKind.RULE_CRASH


def test_crash_of_the_engine_is_one_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    from devlint.flow.analysis import Analysis

    def run(self: Analysis) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Analysis, "run", run)
    (failure,) = check(f"import torch\n{GPU}\n").failures
    assert failure.kind is FailureKind.INTERNAL
    assert "ZeroDivisionError" in (failure.detail or "") and "\n" not in failure.message


# ---------------------------------------------------------------------------------------------------------- bad files

BROKEN = {
    "syntax error": (b"import torch\nx = (\n", FailureKind.SYNTAX),
    "python 2": (b"import torch\nprint 'x'\n", FailureKind.SYNTAX),
    "bad indentation": (b"import torch\ndef f():\nreturn 1\n", FailureKind.SYNTAX),
    "open string": (b"import torch\nx = '''torch\n", FailureKind.SYNTAX),
    "bad encoding": (b"import torch\nx = '\xff\xfe'\n", FailureKind.UNREADABLE),
    "unknown encoding": (b"# -*- coding: no-such -*-\nimport torch\n", FailureKind.UNREADABLE),
    "null byte": (b"import torch\nx = 1\0\n", FailureKind.UNREADABLE),
    "utf-16": ("import torch\n".encode("utf-16"), FailureKind.UNREADABLE),
}
FINE = {
    "empty": b"",
    "blank": b"\n\n  \n",
    "comment only": b"# torch",
    "byte order mark": b"\xef\xbb\xbfimport torch\n",
    "latin-1": b"# -*- coding: latin-1 -*-\nimport torch\nx = '\xe4'\n",
    "windows newlines": b"import torch\r\nx = 1\r\n",
    "old newlines": b"import torch\rx = 1\r",
    "form feed": b"import torch\n\x0c\nx = 1\n",
    "no newline at the end": b"import torch",
    "docstring of torch": b'"""torch"""',
}


@pytest.mark.parametrize(("data", "kind"), BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("use_screen", [True, False])
def test_unusable_file_is_one_failure(data: bytes, kind: FailureKind, use_screen: bool) -> None:
    result = check(data, use_screen=use_screen)
    (failure,) = result.failures
    assert failure.kind is kind and "\n" not in failure.message
    assert not result.findings


@pytest.mark.parametrize("data", FINE.values(), ids=FINE.keys())
def test_odd_file_is_fine(data: bytes) -> None:
    assert check(data) == FileResult("x.py")


# ------------------------------------------------------------------------------------------------------ deep and large

LEVELS = 2000
TERMS = 3000
DEEP = {
    "parentheses": "x = " + "(" * LEVELS + "1" + ")" * LEVELS,
    "lists": "x = " + "[" * LEVELS + "]" * LEVELS,
    "calls": "x = " + "f(" * LEVELS + ")" * LEVELS,
    "ifs": "".join(" " * level + "if x:\n" for level in range(LEVELS)) + " " * LEVELS + "pass",
    "sum": "x = " + " + ".join(["y"] * TERMS),
    "product": "x = " + " * ".join(["y"] * TERMS),
    "strings": "x = " + " + ".join(["'a'"] * TERMS),
    "booleans": "x = " + " and ".join(["a"] * TERMS),
    "comparisons": "x = " + " < ".join(["a"] * TERMS),
    "attributes": "x = torch" + ".a" * LEVELS,
    "subscripts": "x = y" + "[0]" * LEVELS,
    "method calls": "x = y" + ".a()" * 1000,
    "minuses": "x = " + "-" * LEVELS + "y",
    "nots": "x = " + "not " * LEVELS + "y",
    "lambdas": "x = " + "lambda: " * LEVELS + "y",
    "elifs": "if a:\n    pass\n" + "".join(f"elif a == {n}:\n    b = {n}\n" for n in range(1000)),
    "targets": "x = " * LEVELS + "y",
    "decorators": "@d\n" * LEVELS + "def f(): pass",
    "comprehensions": "x = " + "[" * 90 + "y" + " for a in b]" * 90,
    "f-string": "x = f'" + "{y}" * LEVELS + "'",
}


@pytest.mark.parametrize("code", DEEP.values(), ids=DEEP.keys())
def test_deep_code_ends_in_findings_or_one_failure(code: str) -> None:
    result = check(f"import torch\n{GPU}\n{code}\n")
    if result.failures:
        (failure,) = result.failures
        assert failure.kind in (FailureKind.TOO_COMPLEX, FailureKind.SYNTAX)
        assert "\n" not in failure.message
    else:
        assert [finding.code for finding in result.findings] == ["XDV303"]


@pytest.mark.parametrize("depth", [20, 60, 90])
def test_moderately_deep_code_is_understood(depth: int) -> None:
    nested = "".join(" " * level + f"if a{level}:\n" for level in range(depth)) + " " * depth + GPU
    bracketed = "(" * depth + GPU + ")" * depth
    summed = " + ".join([*["y"] * depth, GPU])
    for code in (nested, bracketed, summed):
        assert [finding.code for finding in check(f"import torch\n{code}\n").findings] == ["XDV303"]


def test_large_file_of_idle_code_is_checked() -> None:
    """5 MB, of which the screen leaves one line."""
    idle = "\n".join(f"def f{n}(a, b):\n    return [a, b, {n}, 'abcdefghijklmnopqrstuvwxyz']\n" for n in range(70_000))
    text = f"import torch\n{idle}\n\ndef busy():\n    return {GPU}\n"
    assert len(text) > 5_000_000
    result = check(text, codes=frozenset({"XDV303"}))
    assert [finding.code for finding in result.findings] == ["XDV303"]
    assert not result.failures


# --------------------------------------------------------------------------------------------------------------- names

RESERVED = {"a", "b", "x", "y", "n", "f", "other", "step", "torch", "nn", "self", "add", "where"}
identifiers = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: not keyword.iskeyword(name) and name not in RESERVED and not hasattr(builtins, name)
)

PROGRAM = """
def add(x: {torch}.Tensor, n):
    y = {zeros}(n)
    return x + y


class Net({nn}.Module):
    def __init__(self):
        super().__init__()
        self.step = {nn}.Linear(2, 2)

    def forward(self, x):
        y = {zeros}(3)
        return self.step(x) + x * y


def where():
    return {torch}.device("gpu")
"""
PLAIN = PROGRAM.format(torch="torch", nn="torch.nn", zeros="torch.zeros")


def codes_by_line(head: str, program: str) -> list[tuple[int, str]]:
    """Findings by the line below the imports."""
    result = check(head + program)
    assert not result.failures
    skipped = head.count("\n")
    return [(finding.location.span.line - skipped, finding.code) for finding in result.findings]


EXPECTED = codes_by_line("import torch\n", PLAIN)


def test_program_has_findings() -> None:
    assert EXPECTED == [(3, "XDV101"), (13, "XDV101"), (18, "XDV303")]


@settings(max_examples=60, deadline=None)
@given(st.lists(identifiers, min_size=3, max_size=3, unique=True), st.integers(0, 6))
def test_alias_changes_nothing(names: list[str], style: int) -> None:
    module, layers, zeros = names
    own = {"torch": module, "nn": f"{module}.nn", "zeros": f"{module}.zeros"}
    plain = {"torch": "torch", "nn": "torch.nn", "zeros": "torch.zeros"}
    optional = f"try:\n    import torch as {module}\nexcept ImportError:\n    {module} = None\n"
    head, names_used = [
        (f"import torch as {module}\n", own),
        (f"import torch as {module}, torch.nn as {layers}\n", {**own, "nn": layers}),
        (
            f"import torch\nfrom torch import nn as {layers}, zeros as {zeros}\n",
            {**plain, "nn": layers, "zeros": zeros},
        ),
        (f"import torch\n{module} = torch\n", own),
        (f"import torch\n{zeros} = torch.zeros\n", {**plain, "zeros": zeros}),
        (optional, own),
        (f"import torch\nif True:\n    from torch import nn as {layers}\n", {**plain, "nn": layers}),
    ][style]
    assert codes_by_line(head, PROGRAM.format(**names_used)) == EXPECTED


BINDINGS = {
    "parameter": "",
    "assignment": "{name} = other()",
    "loop": "for {name} in other(): pass",
    "with": "with other() as {name}: pass",
    "function": "def {name}(): pass",
    "class": "class {name}: pass",
    "import": "import numpy as {name}",
    "unpacking": "a, (b, {name}) = other()",
    "walrus": "({name} := other())",
}


@settings(max_examples=40, deadline=None)
@given(identifiers, st.sampled_from(sorted(BINDINGS)))
def test_own_binding_hides_the_module(name: str, how: str) -> None:
    def program(parameter: str, binding: str) -> str:
        body = f"    {binding}\n    return {name}.zeros(3, device='gpu')\n"
        return f"import torch as {name}\n\ndef f(x{parameter}):\n{body}"

    hidden = program(f", {name}" if how == "parameter" else "", BINDINGS[how].format(name=name) or "pass")
    assert check(hidden) == FileResult("x.py")
    assert [finding.code for finding in check(program("", "pass")).findings] == ["XDV303"]


@settings(max_examples=30, deadline=None)
@given(st.lists(identifiers, min_size=1, max_size=4, unique=True))
def test_nested_scopes_see_the_enclosing_name(names: list[str]) -> None:
    head = "import torch\n" + f"{names[0]} = torch\n"
    body, indent = "", ""
    for number, name in enumerate(names):
        body += f"{indent}def outer{number}():\n"
        indent += "    "
        body += f"{indent}{names[min(number + 1, len(names) - 1)]} = {name}\n"
    body += f"{indent}return {names[-1]}.zeros(3, device='gpu')\n"
    findings = check(head + body).findings
    assert [finding.code for finding in findings] == ["XDV303"]


@pytest.mark.parametrize("path", fixture_paths(), ids=name_of)
def test_lines_above_only_move_findings(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    plain, spaced = check(text), check("\n\n# moved\n" + text)
    where = [(each.code, each.location.span.line, each.location.span.column) for each in plain.findings]
    assert [(each.code, each.location.span.line - 3, each.location.span.column) for each in spaced.findings] == where
