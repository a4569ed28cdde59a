"""What a file says as a whole: its imports, classes and functions, found in one pass over its statements."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from devlint.model.classes import ClassModel, Scope, class_model
from devlint.model.functions import FunctionModel, function_model
from devlint.model.names import import_bindings
from devlint.model.torchapi import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Statement = cst.BaseStatement | cst.BaseSmallStatement


@dataclass(frozen=True, slots=True, eq=False)
class ModuleModel:
    """The model of one file. `text` is the whole source, also where the tree holds only a part of it.

    `path` is as the user named the file, and `file` its absolute path where the files around it are at hand. Of a file
    that others import, `classes` and `functions` hold what was asked for.
    """

    tree: cst.Module
    text: str
    path: str
    file: str = ""
    imports: dict[str, str] = field(default_factory=dict)
    classes: dict[str, ClassModel] = field(default_factory=dict)
    functions: dict[str, FunctionModel] = field(default_factory=dict)
    by_node: dict[cst.CSTNode, FunctionModel | ClassModel] = field(default_factory=dict)
    _callers: dict[str, frozenset[Caller]] = field(default_factory=dict)

    def callers_of(self, method: str) -> frozenset[Caller]:
        """The functions that mention `self.METHOD` or call another object's, by the text: the tree may lack a part."""
        if method not in self._callers:
            lines = self.text.split("\n")
            used = re.compile(rf"\b(self|cls)\.{method}\b|[\w\])]\.{method}\(")
            found = {
                (bool(match[1]), _function_around(lines, number))
                for number, line in enumerate(lines)
                if method in line
                for match in used.finditer(line)
            }
            self._callers[method] = frozenset(
                caller for own, caller in found if not own or self._method(caller[0], method) is not None
            )
        return self._callers[method]

    def only_sets_up(self, function: FunctionModel, depth: int = 3) -> bool:
        """Whether a method runs before its module can have been moved: the constructor, and what only that calls."""
        if function.is_constructor or function.name.lstrip("_") in _SETUP:
            return True
        if function.class_name is None or not depth:
            return False
        callers = [self._method(*caller) for caller in self.callers_of(function.name)]
        return bool(callers) and all(each is not None and self.only_sets_up(each, depth - 1) for each in callers)

    def computes(self, function: FunctionModel, depth: int = 3) -> bool:
        """Whether a method is `forward`, or one that `forward` calls through others."""
        if function.name == "forward" or not depth or function.class_name is None:
            return function.name == "forward"
        callers = (self._method(*caller) for caller in self.callers_of(function.name))
        return any(each is not None and each is not function and self.computes(each, depth - 1) for each in callers)

    def _method(self, cls: str, name: str) -> FunctionModel | None:
        owner = self.classes.get(cls)
        return owner.method(name) if owner is not None else None


_SETUP = frozenset({"reset_parameters", "init_weights", "initialize_weights", "init_parameters"})
"""Names by which a constructor's work is done, by convention."""


Caller = tuple[str, str]
"""The names of a class and of its method; "" for what stands outside of one."""


def _function_around(lines: list[str], number: int) -> Caller:
    """The innermost function in which a line stands, and the class around that."""
    indent = len(lines[number]) - len(lines[number].lstrip())
    function = ""
    for line in reversed(lines[:number]):
        own = len(line) - len(line.lstrip())
        if line.strip() and own < indent and not line.lstrip().startswith((")", "]", "}", "#")):
            match = _HEAD.match(line)
            if match and match[1] == "class":
                return match[2], function
            function = function or (match[2] if match else "")
            indent = own
    return "", function


_HEAD = re.compile(r"\s*(?:async\s+)?(def|class)\s+(\w+)")


def build(
    tree: cst.Module,
    text: str,
    path: str,
    extra_bases: frozenset[str] = frozenset(),
    *,
    file: str = "",
    imported: Callable[[str], ClassModel | None] = lambda name: None,
) -> ModuleModel:
    """The model of a parsed file; `imported` finds classes of other files by their qualified names."""
    model = ModuleModel(tree, text, path, file)

    def base_of(name: str) -> ClassModel | str:
        if name in model.classes:
            return model.classes[name]
        head, _, rest = name.partition(".")
        full = canonical(model.imports.get(head, head) + (f".{rest}" if rest else ""))
        return (imported(full) if head in model.imports else None) or full

    scope = Scope(model, base_of, extra_bases)
    for statement in _walk(tree.body):
        if isinstance(statement, cst.FunctionDef):
            function = function_model(statement, module=model)
            model.by_node[statement] = model.functions[statement.name.value] = function
        elif isinstance(statement, cst.ClassDef):
            built = class_model(statement, scope)
            model.by_node[statement] = model.classes[built.name] = built
        elif isinstance(statement, cst.SimpleStatementLine):
            for small in statement.body:
                if isinstance(small, (cst.Import, cst.ImportFrom)):
                    model.imports.update(import_bindings(small))
    return model


def _walk(body: Sequence[Statement]) -> Iterator[Statement]:
    """Module-level statements, also those inside `if`, `try` and `with`."""
    for statement in body:
        yield statement
        if isinstance(statement, (cst.FunctionDef, cst.ClassDef, cst.SimpleStatementLine)):
            continue
        for suite in _suites(statement):
            yield from _walk(suite.body)


def _suites(statement: Statement) -> Iterator[cst.BaseSuite]:
    body = getattr(statement, "body", None)
    if isinstance(body, cst.BaseSuite):
        yield body
    for part in getattr(statement, "handlers", ()):
        yield part.body
    for name in ("orelse", "finalbody"):
        part = getattr(statement, name, None)
        if isinstance(part, cst.If):
            yield from _suites(part)
        elif part is not None:
            yield part.body
