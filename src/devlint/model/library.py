"""Definitions of other files: found when something asks for them, parsed one by one, and kept while the process lives.

A class is read without its methods first; each of these is parsed when it is looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from devlint.model.classes import ClassModel, Scope, class_model, is_known_base
from devlint.model.functions import FunctionModel, function_model
from devlint.model.module import ModuleModel
from devlint.model.torchapi import canonical
from devlint.parse import ParseFailure, parse
from devlint.project import Binding, FileIndex, Kind, Project, Symbol
from devlint.project.index import dedented

if TYPE_CHECKING:
    from collections.abc import Callable

Statements = tuple["cst.SimpleStatementLine | cst.BaseCompoundStatement", ...]

_HEADER = re.compile(r"^class\s+\w+", re.MULTILINE)
_BRACKETS = re.compile(r"[()\[\]{}:]|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|#[^\n]*")
_ONLY_TYPES = re.compile(r"@(?:typing\.)?overload\b|@\w+\.(?:setter|deleter)\b")
_DEVICE = re.compile(r"\bdevice\b")
_EMPTY = cst.Module([])


@dataclass(frozen=True, slots=True, eq=False)
class Snippet:
    """A definition that was parsed by itself: of which file, and how far down and right it stands there."""

    tree: cst.Module
    text: str
    index: FileIndex
    line: int
    column: int


class Library:
    """The models of what stands in the files of a project; `extra_bases` are those of the settings."""

    def __init__(self, project: Project, extra_bases: frozenset[str] = frozenset()) -> None:
        self.project = project
        self.snippets: list[Snippet] = []
        self._extra_bases = extra_bases
        self._modules: dict[str, ModuleModel] = {}
        self._classes: dict[Symbol, ClassModel | None] = {}
        self._functions: dict[Symbol, FunctionModel | None] = {}
        self._statements: dict[tuple[str, Binding], Statements] = {}

    def module(self, path: str) -> ModuleModel:
        """The model of a file that is there; its classes and functions come as they are asked for."""
        if path not in self._modules:
            index = self._index(path)
            self._modules[path] = ModuleModel(_EMPTY, index.text, index.module, path)
        return self._modules[path]

    def imported_class(self, home: str, name: str) -> ClassModel | None:
        """The class that a qualified name means in the file `home`; None where the tables know better."""
        if not self.project.knows(home, name):
            return None
        symbol = self.project.find(home, name)
        found = self.class_of(symbol) if symbol is not None else None
        return found if found is not None and (found.kind.name != "OTHER" or not is_known_base(name)) else None

    def class_of(self, symbol: Symbol) -> ClassModel | None:
        """The class of a name; None if it is something else, or cannot be read."""
        if symbol not in self._classes:
            self._classes[symbol] = None  # what a class that inherits from itself would find
            binding = self._binding(symbol, Kind.CLASS)
            if binding is not None:
                model = self._class(symbol.path, binding)
                self._classes[symbol] = model
                if model is not None:
                    self.module(symbol.path).classes[symbol.name] = model
        return self._classes[symbol]

    def is_function(self, symbol: Symbol) -> bool:
        """Whether a name is that of a function."""
        return self._binding(symbol, Kind.FUNCTION) is not None

    def mentions_device(self, symbol: Symbol) -> bool:
        """Whether the word `device` stands in the head of a function."""
        binding = self._binding(symbol, Kind.FUNCTION)
        text = self._index(symbol.path).piece(binding)[0] if binding is not None else ""
        return bool(_DEVICE.search(text, 0, text.find(":\n")))

    def function_of(self, symbol: Symbol) -> FunctionModel | None:
        """The function of a name; None if it is something else, or cannot be read."""
        if symbol not in self._functions:
            binding = self._binding(symbol, Kind.FUNCTION)
            node = next(iter(self.statements(symbol.path, binding)), None) if binding is not None else None
            module = self.module(symbol.path)
            model = function_model(node, module=module) if isinstance(node, cst.FunctionDef) else None
            self._functions[symbol] = model
            if model is not None:
                module.functions[symbol.name] = model
        return self._functions[symbol]

    def statements(self, path: str, binding: Binding) -> Statements:
        """The statement behind a binding, parsed; nothing if that fails."""
        key = (path, binding)
        if key not in self._statements:
            index = self._index(path)
            text, column = index.piece(binding)
            self._statements[key] = self.parsed(text, index, binding.start, column)
        return self._statements[key]

    def parsed(self, text: str, index: FileIndex, line: int, column: int) -> Statements:
        """The statements of a piece of a file that begins on `line` (from 0) and was moved left."""
        try:
            tree = parse(text)
        except ParseFailure:
            return ()
        self.snippets.append(Snippet(tree, text, index, line, column))
        return tuple(tree.body)

    def _index(self, path: str) -> FileIndex:
        index = self.project.file(path)
        assert index is not None, path
        return index

    def _binding(self, symbol: Symbol, kind: Kind) -> Binding | None:
        index = self.project.file(symbol.path)
        binding = index.binding(symbol.name) if index is not None else None
        return binding if binding is not None and binding.kind is kind else None

    def _class(self, path: str, binding: Binding) -> ClassModel | None:
        index = self._index(path)
        text, column = index.piece(binding)
        parts = _split(text)
        if parts is None:
            return None
        header, body, body_line = parts
        inner = FileIndex(path, body[0])
        methods = _Methods(self, index, inner, binding.start + body_line, column + body[1])
        nodes = self.parsed(_thin(header, inner), index, binding.start, column)
        node = next((each for each in nodes if isinstance(each, cst.ClassDef)), None)
        if node is None:
            return None
        methods.class_name, methods.text = node.name.value, text
        scope = Scope(self.module(path), self._bases_of(path), self._extra_bases)
        return class_model(node, scope, methods, text)

    def _bases_of(self, path: str) -> Callable[[str], ClassModel | str]:
        index = self._index(path)

        def base_of(name: str) -> ClassModel | str:
            head, _, rest = name.partition(".")
            binding = index.binding(head)
            if binding is None or binding.kind is not Kind.IMPORT:
                return (self.class_of(Symbol(path, name)) if not rest else None) or name
            full = canonical(binding.origin + (f".{rest}" if rest else ""))
            return self.imported_class(path, full) or full

        return base_of


class _Methods(Mapping[str, FunctionModel]):
    """The methods of a class of another file, each parsed when it is looked up."""

    def __init__(self, library: Library, file: FileIndex, body: FileIndex, line: int, column: int) -> None:
        self.class_name = self.text = ""
        self._library, self._file, self._body = library, file, body
        self._line, self._column = line, column
        self._bindings = dict(self._named())
        self._parsed: dict[str, FunctionModel | None] = {}

    def text_of(self, name: str) -> str:
        """The source of a method."""
        return self._body.piece(self._bindings[name])[0]

    def __getitem__(self, name: str) -> FunctionModel:
        if name not in self._parsed:
            self._parsed[name] = self._parse(self._bindings[name])
        model = self._parsed[name]
        if model is None:
            raise KeyError(name)
        return model

    def __contains__(self, name: object) -> bool:
        return name in self._bindings and self._parsed.get(str(name), self) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._bindings)

    def __len__(self) -> int:
        return len(self._bindings)

    def _named(self) -> Iterator[tuple[str, Binding]]:
        for name, bindings in self._body.names.items():
            for binding in bindings:
                if binding.kind is Kind.FUNCTION and not _ONLY_TYPES.match(self._body.lines[binding.start].strip()):
                    yield name, binding

    def _parse(self, binding: Binding) -> FunctionModel | None:
        text, column = self._body.piece(binding)
        nodes = self._library.parsed(text, self._file, self._line + binding.start, self._column + column)
        node = next((each for each in nodes if isinstance(each, cst.FunctionDef)), None)
        if node is None:
            return None
        return function_model(node, self.class_name, module=self._library.module(self._file.path))


def _split(text: str) -> tuple[str, tuple[str, int], int] | None:
    """A class statement as its head up to the colon, its body with the columns it was moved left, and that's line."""
    start = _HEADER.search(text)
    depth = 0
    for match in _BRACKETS.finditer(text, start.end() if start else len(text)):
        token = match[0]
        depth += (token in "([{") - (token in ")]}")
        if token == ":" and not depth:
            head, rest = text[: match.end()], text[match.end() :]
            lines = rest.split("\n")
            if lines[0].strip() and not lines[0].strip().startswith("#"):
                return head, (lines[0].strip() + "\n", 0), head.count("\n")
            first = next((number for number, line in enumerate(lines[1:], 1) if line.strip()), len(lines))
            return head, dedented(lines[first:]), head.count("\n") + first
    return None


def _thin(header: str, body: FileIndex) -> str:
    """A class statement without its methods."""
    methods = [each for found in body.names.values() for each in found if each.kind is Kind.FUNCTION]
    lines = list(body.lines)
    for each in methods:
        first = lines[each.start]
        indent = first[: len(first) - len(first.lstrip())]
        lines[each.start : each.end] = [f"{indent}pass" if indent else ""] + [""] * (each.end - each.start - 1)
    kept = [f"    {line}" for line in lines if line.strip()]
    return "\n".join([header, *kept, "    pass", ""])
