"""A file as its own statements and the top-level definitions that can be left out of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

WORD = re.compile(r"[^\W\d]\w*")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
LONG = 8
"""Lines from which on an assignment (a table of settings) is worth leaving out."""


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A top-level definition: its name, its text and the lines it takes (0-based, end exclusive)."""

    name: str
    node: ast.stmt
    text: str
    start: int
    end: int
    words: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", frozenset(WORD.findall(self.text)))

    def places_of(self, word: str) -> Iterator[int]:
        """Indices of the text at which a word stands, or something that holds it."""
        index = self.text.find(word)
        while index >= 0:
            yield index
            index = self.text.find(word, index + len(word))

    @property
    def is_class(self) -> bool:
        """Whether it is a class."""
        return isinstance(self.node, ast.ClassDef)


def split(tree: ast.Module, lines: list[str]) -> tuple[list[ast.stmt], list[Segment]]:
    """The module's own statements, and the definitions that stand alone on their lines."""
    rest: list[ast.stmt] = []
    segments: list[Segment] = []
    last = 0
    for index, node in enumerate(tree.body):
        following = tree.body[index + 1].lineno if index + 1 < len(tree.body) else len(lines) + 1
        name = _name_of(node)
        if name is not None:
            start = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))]) - 1
            end = node.end_lineno or node.lineno
            if start >= last and end < following:
                segments.append(Segment(name, node, "\n".join(lines[start:end]), start, end))
                last = end
                continue
        rest.append(node)
        last = node.end_lineno or node.lineno
    return rest, segments


def _name_of(node: ast.stmt) -> str | None:
    """The name that a definition or a long assignment binds."""
    if isinstance(node, DEFINITIONS):
        return node.name
    if isinstance(node, ast.Assign) and (node.end_lineno or 0) - node.lineno >= LONG and len(node.targets) == 1:
        target = node.targets[0]
        return target.id if isinstance(target, ast.Name) else None
    return None


def bound_by_import(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """(local name, qualified name) of what an import binds; the name of a star import is "*"."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
        return
    base = "." * node.level + (node.module or "")
    joint = "" if base.endswith(".") or not base else "."
    for alias in node.names:
        if alias.name == "*":
            yield "*", base
        else:
            yield alias.asname or alias.name, f"{base}{joint}{alias.name}"
