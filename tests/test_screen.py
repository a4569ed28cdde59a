"""The screen changes no finding: on every fixture, and on files put together from pieces of fixtures."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devlint.findings import RuleMeta
from devlint.lint import check_source
from devlint.rules import all_metas, all_rules
from devlint.settings.schema import LintSettings
from devlint.source.screen import screen
from tests.fixtures_support import ENGINE, fixture_paths, name_of

PATHS = fixture_paths()
CODES = frozenset(meta.code for meta in all_metas())
TRIGGERS = tuple(dict.fromkeys(trigger for rule in all_rules() for trigger in rule.triggers))


def findings_of(text: str, use_screen: bool, codes: frozenset[str] = CODES) -> list[tuple[object, ...]]:
    """All findings, with all that a report shows of them."""
    result = check_source(text.encode(), "x.py", LintSettings(enabled=codes, unsure=codes, use_screen=use_screen))
    assert not result.failures
    return [(each.code, each.location.span, each.message, each.related, each.tip) for each in result.findings]


@cache
def pieces() -> tuple[str, ...]:
    """The top-level statements of all fixtures, each with its comments: definitions, imports, assignments."""
    found = []
    for path in PATHS:
        text = path.read_text(encoding="utf-8")
        lines = text.split("\n")
        for node in ast.parse(text).body:
            first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
            found.append("\n".join(lines[first - 1 : node.end_lineno]))
    return tuple(piece for piece in dict.fromkeys(found) if "from __future__" not in piece)


def definitions_of(path: Path) -> list[str]:
    """The imports of a fixture as one piece, then its other statements."""
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    imports, others = [], []
    for node in ast.parse(text).body:
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
        piece = "\n".join(lines[first - 1 : node.end_lineno])
        (imports if isinstance(node, (ast.Import, ast.ImportFrom)) else others).append(piece)
    return ["\n".join(imports), *others]


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_same_findings_on_fixtures(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert findings_of(text, use_screen=True) == findings_of(text, use_screen=False)


@pytest.mark.parametrize("meta", all_metas(), ids=lambda meta: meta.name)
def test_same_findings_for_one_rule_alone(meta: RuleMeta) -> None:
    """With few rules the screen blanks most."""
    only = frozenset({meta.code})
    for path in PATHS:
        if path.parent.name in (meta.name, ENGINE):
            text = path.read_text(encoding="utf-8")
            assert findings_of(text, True, only) == findings_of(text, False, only), name_of(path)


@st.composite
def shuffled(draw: st.DrawFn) -> str:
    """Some definitions of one fixture in any order, with pieces of others between."""
    head, *own = definitions_of(draw(st.sampled_from(PATHS)))
    dropped = draw(st.sets(st.sampled_from(own))) if own else set()
    foreign = draw(st.lists(st.sampled_from(pieces()), max_size=3, unique=True))
    kept = [piece for piece in own if piece not in dropped]
    return "\n\n\n".join(["import torch", head, *draw(st.permutations(kept + foreign))]) + "\n"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(shuffled())
def test_same_findings_on_shuffled_code(text: str) -> None:
    assert findings_of(text, use_screen=True) == findings_of(text, use_screen=False)


TRICKY = {
    "the trigger stands in a helper that another function calls": """
import torch


def make(n):
    return torch.zeros(n)


def add(x: torch.Tensor):
    return x + make(3)
""",
    "the trigger stands in a base class": """
import torch
from torch import nn


class Base(nn.Module):
    def noise(self, x):
        return torch.randn(x.shape)


class Derived(Base):
    def forward(self, x):
        return x + self.noise(x)
""",
    "a function renames the trigger": """
import torch


def add(x: torch.Tensor):
    from torch import full as filled

    return x + filled((3,), 1.0)
""",
    "the module renames the trigger": """
import torch

make = torch.zeros


def add(x: torch.Tensor):
    return x + make(3)
""",
    "a class holds the trigger's name": """
import torch


class Tools:
    make = torch.zeros


def add(x: torch.Tensor):
    return x + Tools.make(3)
""",
    "two helpers stand between": """
import torch


def inner(n):
    return torch.zeros(n)


def outer(n):
    return inner(n + 1)


def add(x: torch.Tensor):
    return x + outer(3)
""",
    "a module constant": """
import torch

ZERO = torch.zeros(3)


def add(x: torch.Tensor):
    return x + ZERO
""",
    "the method of an instance": """
import torch


class Maker:
    def make(self, n):
        return torch.zeros(n)


def add(x: torch.Tensor):
    return x + Maker().make(3)
""",
    "a device string in a constant": """
import torch

WHERE = "gpu"


def move(x: torch.Tensor):
    return x.to(WHERE)
""",
}


@pytest.mark.parametrize("text", TRICKY.values(), ids=TRICKY.keys())
def test_same_findings_on_tricky_code(text: str) -> None:
    expected = findings_of(text, use_screen=False)
    assert findings_of(text, use_screen=True) == expected


def test_screen_blanks_what_cannot_matter() -> None:
    """Otherwise the tests above would prove nothing."""
    idle = "\n\ndef idle(a, b):\n    return a + b\n"
    text = "import torch\n" + idle + '\n\ndef busy():\n    return torch.device("gpu")\n'
    part = screen(text, TRIGGERS)
    assert part is not None and "idle" not in part.text and "busy" in part.text
    assert part.text.count("\n") == text.count("\n")
    assert screen("import torch\n" + idle, TRIGGERS) is None
