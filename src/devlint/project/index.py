"""What the names of one file stand for, as far as its statements say at a glance."""

from __future__ import annotations

import ast
import enum
import re
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from devlint.project.scan import Stretch, stretches
from devlint.source.screen.segments import bound_by_import

_DEFINED = re.compile(r"(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)")
_ASSIGNED = re.compile(r"(\w+(?:[ \t]*,[ \t]*\w+)*)[ \t]*(?::[^=\n]+)?=(?!=)")
_COMPOUND = frozenset({"if", "try", "with", "for", "while", "match"})
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Kind(enum.Enum):
    """What binds a name."""

    FUNCTION = "def"
    CLASS = "class"
    IMPORT = "import"
    VALUE = "assignment"


@dataclass(frozen=True, slots=True)
class Binding:
    """One statement that binds a name, and the lines it takes (0-based, end exclusive).

    `origin` is what an import binds, as a qualified name; relative ones keep their leading dots.
    """

    kind: Kind
    start: int
    end: int
    origin: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """A binding with the name that it binds; "*" for a star import."""

    name: str
    binding: Binding


@dataclass(eq=False)
class FileIndex:
    """One file; `path` is absolute, `shown` how reports name it and `module` its path below the source root."""

    path: str
    text: str
    shown: str = ""
    module: str = ""
    names: dict[str, list[Binding]] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for found in _bindings(self.text, self.lines):
            if found.name == "*":
                self.stars.append(found.binding.origin)
            else:
                self.names.setdefault(found.name, []).append(found.binding)

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text."""
        return self.text.split("\n")

    def binding(self, name: str) -> Binding | None:
        """What a name stands for: its last definition, or failing that an import, or an assignment."""
        found = self.names.get(name, ())
        for kinds in ((Kind.FUNCTION, Kind.CLASS), (Kind.IMPORT,), (Kind.VALUE,)):
            for binding in reversed(found):
                if binding.kind in kinds:
                    return binding
        return None

    def piece(self, binding: Binding) -> tuple[str, int]:
        """The source of a statement as it would stand at the top of a file, and the columns it was moved left."""
        return dedented(self.lines[binding.start : binding.end])


def dedented(lines: list[str]) -> tuple[str, int]:
    """Lines moved left by the indentation of the first."""
    indent = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    if indent:
        lines = [line[indent:] if not line[:indent].strip() else line for line in lines]
    return "\n".join(lines).rstrip() + "\n", indent


def _bindings(text: str, lines: list[str]) -> Iterator[_Found]:
    for stretch in stretches(text):
        yield from _of_stretch(stretch, lines)


def _of_stretch(stretch: Stretch, lines: list[str]) -> Iterator[_Found]:
    word, start, end = stretch
    if word in ("def", "class"):
        kind = Kind.CLASS if word == "class" else Kind.FUNCTION
        name = next((match[1] for line in lines[start:end] if (match := _DEFINED.match(line))), None)
        if name is not None:
            yield _Found(name, Binding(kind, start, end))
    elif word in ("import", "from") or word in _COMPOUND:
        yield from _parsed(start, end, lines)
    else:
        match = _ASSIGNED.match(lines[start])
        for name in re.split(r"[ \t]*,[ \t]*", match[1]) if match else ():
            yield _Found(name, Binding(Kind.VALUE, start, end))


def _parsed(start: int, end: int, lines: list[str]) -> Iterator[_Found]:
    """The bindings of imports, and of what stands in an `if` or `try`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(textwrap.dedent("\n".join(lines[start:end])))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in _statements(tree.body):
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        place = start + first - 1, start + (node.end_lineno or node.lineno)
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for name, origin in bound_by_import(node):
                yield _Found(name, Binding(Kind.IMPORT, *place, origin))
        elif isinstance(node, _DEFINITIONS):
            kind = Kind.CLASS if isinstance(node, ast.ClassDef) else Kind.FUNCTION
            yield _Found(node.name, Binding(kind, *place))
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else (node.target,):
                if isinstance(target, ast.Name):
                    yield _Found(target.id, Binding(Kind.VALUE, *place))


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if not isinstance(node, _DEFINITIONS):
            for name in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(node, name, []))
            for handler in getattr(node, "handlers", ()):
                yield from _statements(handler.body)
