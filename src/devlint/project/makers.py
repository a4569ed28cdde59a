"""Which functions and constants of other files may hand out a tensor that was made or moved there.

The screen keeps code that mentions one of them, and the interpreter lets the devices of no others cross the border
between two files: so both ask here.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable
from dataclasses import replace

from devlint.project.index import Binding, FileIndex, Kind
from devlint.project.project import Project, Symbol
from devlint.source.screen import Trigger
from devlint.source.screen.escape import escapes
from devlint.source.screen.segments import WORD, Segment
from devlint.source.screen.users import places_of_made

MAX_DEPTH = 2
"""How many functions it may pass through; the interpreter follows no more."""
_LEVELS = 3
"""Packages inside each other through which an imported package is looked into."""


class Makers:
    """Asks the files of a project; `triggers` stand where something is made or moved."""

    def __init__(self, project: Project, triggers: Iterable[Trigger]) -> None:
        self._project = project
        self._triggers = [trigger for trigger in triggers if trigger.travels]
        self._known: dict[tuple[Symbol, int], bool] = {}

    def makes(self, symbol: Symbol, depth: int = MAX_DEPTH) -> bool:
        """Whether a function or constant may hand out something that was made in it, or in what it calls."""
        key = (symbol, depth)
        if key not in self._known:
            index = self._project.file(symbol.path)
            binding = index.binding(symbol.name) if index is not None and symbol.name else None
            is_read = index is not None and binding is not None and binding.kind in (Kind.FUNCTION, Kind.VALUE)
            self._known[key] = is_read and self._hands_out(index, symbol.name, binding, depth)  # type: ignore[arg-type]
        return self._known[key]

    def words(self, home: str, local: str, qualified: str, words: frozenset[str]) -> set[str]:
        """Of the `words` of the file `home`, those by which it uses makers that one import brings in."""
        if not self._project.knows(home, qualified):
            return set()
        symbol = self._project.find(home, qualified)
        if symbol is None:
            return set()
        if symbol.name:
            return {local} if local in words and self.makes(symbol) else set()
        return self._inside(symbol.path, words, _LEVELS)

    def _inside(self, path: str, words: frozenset[str], levels: int) -> set[str]:
        """The makers among the names of a module and of the modules below it that are mentioned."""
        index = self._project.file(path)
        found = {name for name in words.intersection(index.names) if self._is_maker(path, name)} if index else set()
        for name in self._project.modules_below(path) & words if levels else ():
            module = self._project.module_below(path, name)
            if module is not None and module.path != path:
                found |= self._inside(module.path, words, levels - 1)
        return found

    def _is_maker(self, path: str, name: str, depth: int = MAX_DEPTH) -> bool:
        symbol = self._project.look_up(path, name)
        return symbol is not None and self.makes(symbol, depth)

    def _hands_out(self, index: FileIndex, name: str, binding: Binding, depth: int) -> bool:
        bindings = index.names[name] if binding.kind is Kind.VALUE else [binding]
        return any(self._comes_out(index, name, each, depth) for each in bindings if each.kind is binding.kind)

    def _comes_out(self, index: FileIndex, name: str, binding: Binding, depth: int) -> bool:
        text, _ = index.piece(binding)
        words = frozenset(WORD.findall(text))
        makers = {
            word
            for word in words.intersection(index.names)
            if depth > 1 and word != name and self._is_maker(index.path, word, depth - 1)
        }
        if depth > 1:
            makers |= self._of_modules(index, words, depth - 1)
        segment = Segment(name, ast.Pass(), text, 0, text.count("\n"))
        triggers = [each for each in self._triggers if not each.file or re.search(each.file, index.text)]
        if not makers and not any(trigger.stands_in(segment) for trigger in triggers):
            return False
        if binding.kind is Kind.VALUE:
            return True
        node = _parsed(text)
        if node is None or _promises_plain_data(node):
            return False
        segment = replace(segment, node=node)
        return escapes(node, places_of_made(segment, triggers, makers))

    def _of_modules(self, index: FileIndex, words: frozenset[str], depth: int) -> set[str]:
        """Makers that are used as attributes of modules which the file imports."""
        found: set[str] = set()
        for name in words.intersection(index.names):
            symbol = self._project.look_up(index.path, name)
            if symbol is not None and not symbol.name:
                other = self._project.file(symbol.path)
                inside = words.intersection(other.names) if other is not None else ()
                found |= {each for each in inside if self._is_maker(symbol.path, each, depth)}
        return found


_CONTAINERS = frozenset("dict Dict Iterable Iterator list List Mapping Sequence set Set tuple Tuple".split())
_PLAIN = _CONTAINERS | frozenset("bool bytes complex float frozenset int None Optional str typing Union".split())


def _promises_plain_data(node: ast.stmt) -> bool:
    """Whether a function's annotation says that numbers, strings or containers of them come back."""
    returns = getattr(node, "returns", None)
    words = set(WORD.findall(ast.unparse(returns))) if returns is not None else set()
    return words <= _PLAIN and not words <= _CONTAINERS


def _parsed(text: str) -> ast.stmt | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return next(iter(ast.parse(text).body), None)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
