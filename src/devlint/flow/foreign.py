"""The files that a checked file imports, as the interpreter sees them: names and attributes worked out when asked for.

What is found depends on these files alone, so it is kept while the process lives. What was asked for while it was
being worked out itself (a cycle) counts as unknown, and whatever that touched is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, TypeVar

import libcst as cst

from devlint.flow.units import Unit
from devlint.flow.values import UNKNOWN, Api, Class, Function, Value, join_all
from devlint.model.library import Library, Snippet
from devlint.model.torchapi import canonical
from devlint.project import Kind, Symbol
from devlint.project.makers import Makers

if TYPE_CHECKING:
    from devlint.flow.analysis import Analysis, Fact
    from devlint.model.classes import ClassModel
    from devlint.model.module import ModuleModel

BUDGET = 20_000
"""Expressions and statements interpreted for one name or attribute."""
_SETS = re.compile(r"\bself\s*\.\s*(?:\w+[^=\n()]*=(?!=)|register_|add_module)|\bsetattr\b")
"""What a method that sets attributes of `self` holds."""
MAX_PENDING = 12
"""Questions that wait for each other's answers."""

T = TypeVar("T")
U = TypeVar("U")


class Foreign:
    """All files of a project, for one set of further module bases."""

    def __init__(
        self, library: Library, makers: Makers, analyse: Callable[[ModuleModel, Foreign, Unit], Analysis]
    ) -> None:
        self.library = library
        self.makers = makers
        self.project = library.project
        self._analyse = analyse
        self._units: dict[str, ForeignUnit] = {}
        self._answers: dict[Hashable, object] = {}
        self._pending: list[Hashable] = []
        self._unfinished = MAX_PENDING + 1
        """The first of the pending questions that met itself since the last answer was kept."""

    def api(self, unit: Unit, name: str) -> Api:
        """What an import binds, with the file it stands in if it may lead to one of the project."""
        name = canonical(name)
        return Api(name, unit.model.file if self.project.knows(unit.model.file, name) else "")

    def resolve(self, api: Api, to_call: bool = False) -> Value:
        """The class or value of the project that an import means, and `to_call` also a function.

        Otherwise the import itself: most functions are never called with anything that matters, nor parsed.
        """
        symbol = self.project.find(api.home, api.name)
        if symbol is None or not symbol.name or (not to_call and self.library.is_function(symbol)):
            return api
        found = self.unit(symbol.path).look_up(symbol.name)
        return api if found is None else found

    def makes(self, symbol: Symbol | None) -> bool:
        """Whether a function or constant may hand out a tensor that was made or moved in its file."""
        return symbol is not None and self.makers.makes(symbol)

    def unit(self, path: str) -> ForeignUnit:
        """The unit of a file of the project that is there."""
        if path not in self._units:
            unit = self._units[path] = ForeignUnit(self, self.library.module(path))
            unit.analysis = self._analyse(unit.model, self, unit)
        return self._units[path]

    def facts(self, cls: ClassModel, name: str) -> list[Fact]:
        """What a class of another file assigns to an attribute."""
        module, text = cls.module, getattr(cls.methods, "text", "")
        assert module is not None
        if not re.search(rf"\b{re.escape(name)}\b", text):
            return []
        unknown: dict[str, list[Fact]] = {}
        return self.answer(cls, lambda: self.unit(module.file).assigned(cls), unknown).get(name, [])

    def answer(self, key: Hashable, work: Callable[[], T], unknown: U) -> T | U:
        """The answer to a question, kept unless it rests on one that was not answered yet."""
        if key in self._answers:
            return self._answers[key]  # type: ignore[return-value]
        if key in self._pending or len(self._pending) >= MAX_PENDING:
            met = self._pending.index(key) if key in self._pending else -1
            self._unfinished = min(self._unfinished, met)
            return unknown
        own = len(self._pending)
        self._pending.append(key)
        try:
            found = work()
            if self._unfinished >= own:
                self._answers[key] = found
            return found
        finally:
            self._pending.pop()
            if self._unfinished >= own or not own:
                self._unfinished = MAX_PENDING + 1

    def snippet_of(self, node: cst.CSTNode) -> Snippet | None:
        """Where a node of another file stands."""
        text = cst.Module([]).code_for_node(node).strip()
        return next((each for each in self.library.snippets if text in each.text and _holds(each.tree, node)), None)


def _holds(tree: cst.CSTNode, node: cst.CSTNode) -> bool:
    return tree is node or any(_holds(child, node) for child in tree.children)


class ForeignUnit(Unit):
    """A file of the project other than the checked one."""

    analysis: Analysis

    def __init__(self, foreign: Foreign, model: ModuleModel) -> None:
        super().__init__(model)
        index = foreign.project.file(model.file)
        assert index is not None
        self._foreign, self._index = foreign, index

    def look_up(self, name: str) -> Value | None:
        """See `Unit`."""
        return self._foreign.answer((self.model.file, name), lambda: self._value(name), UNKNOWN)

    def assigned(self, cls: ClassModel) -> dict[str, list[Fact]]:
        """What the methods and the body of a class assign to its attributes."""
        text_of = getattr(cls.methods, "text_of", lambda name: "")
        setters = [name for name in cls.methods if _SETS.search(text_of(name))]
        setters.sort(key=lambda name: name not in ("__init__", "__post_init__"))
        return self.analysis.attribute_facts(
            cls, [cls.methods[name] for name in setters if name in cls.methods], BUDGET
        )

    def _value(self, name: str) -> Value | None:
        binding = self._index.binding(name)
        if binding is None:
            return self._starred(name)
        symbol = Symbol(self.model.file, name)
        if binding.kind is Kind.IMPORT:
            return self._foreign.api(self, binding.origin)
        if binding.kind is Kind.CLASS:
            cls = self._foreign.library.class_of(symbol)
            return Class(cls) if cls is not None else UNKNOWN
        if binding.kind is Kind.FUNCTION:
            function = self._foreign.library.function_of(symbol)
            return Function(function) if function is not None else UNKNOWN
        return self._assigned(name)

    def _starred(self, name: str) -> Value | None:
        symbol = self._foreign.project.look_up(self.model.file, name) if self._index.stars else None
        if symbol is None or symbol.path == self.model.file or not symbol.name:
            return None
        return self._foreign.unit(symbol.path).look_up(symbol.name)

    def _assigned(self, name: str) -> Value:
        """The value of a variable; unknown if functions change it."""
        if re.search(rf"(?m)^\s+global\b[^\n]*\b{re.escape(name)}\b", self.model.text):
            return UNKNOWN
        found = []
        for binding in self._index.names[name]:
            statements = self._foreign.library.statements(self.model.file, binding)
            found.append(self.analysis.value_after(statements, name, BUDGET))
        return join_all(found)
