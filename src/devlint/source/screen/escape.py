"""May something made in a definition leave it: by a return, an attribute, a container or an object that was handed in?

Where nothing leaves, the code that uses the definition need not be looked at. Approximations err towards "it may":
order, scopes inside a function, and what a callee does with its arguments are not considered.
"""

from __future__ import annotations

import ast
import bisect
from collections.abc import Iterable

Place = tuple[int, int]
"""A line from 1 and a column from 0 in UTF-8 bytes, as `ast` counts."""

_KEEPERS = frozenset({"Parameter", "register_buffer", "register_parameter"})
"""What these are given becomes part of a module and goes where the module goes."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BOUND = (ast.Name, ast.Attribute, ast.Subscript, ast.Call)


def escapes(definition: ast.stmt, made: list[Place]) -> bool:
    """Whether a value that depends on what stands at one of these places (in order) may leave the definition."""
    if not isinstance(definition, ast.ClassDef):
        return _leaves(definition, made, keeps=False)
    keeps = bool(definition.bases)
    return any(_leaves(statement, made, keeps) for statement in definition.body)


def _leaves(statement: ast.stmt, made: list[Place], keeps: bool) -> bool:
    if not _holds(made, _start(statement), _end(statement)):
        return False
    if isinstance(statement, _FUNCTIONS):
        return _Flow(statement, made, keeps).leaves()
    return not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))


class _Flow:
    """Which names of a function depend on what was made; `keeps`: attributes may be those of a module."""

    def __init__(self, function: ast.FunctionDef | ast.AsyncFunctionDef, made: list[Place], keeps: bool) -> None:
        self.function, self.keeps = function, keeps
        self.made = [place for place in made if _start(function) <= place < _end(function)]
        nodes = list(ast.walk(function)) if self.made else []
        keepers = [node for node in nodes if keeps and _is_keeper(node)]
        self.unkept = [place for place in self.made if not any(_start(node) <= place < _end(node) for node in keepers)]
        self.named = [node for node in nodes if isinstance(node, ast.NamedExpr)]
        given = function.args
        arguments = (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg)
        self.parameters = {argument.arg for argument in arguments if argument is not None}
        self.outer = {name for node in nodes if isinstance(node, (ast.Global, ast.Nonlocal)) for name in node.names}
        self.tainted: set[str] = set()
        self.escaped = False

    def leaves(self) -> bool:
        """Walk the body until no further name is found."""
        defaults = (*self.function.args.defaults, *self.function.args.kw_defaults)
        if any(default is not None and self._is_made(default) for default in defaults):
            return True
        known = -1
        while known != len(self.tainted) and not self.escaped:
            known = len(self.tainted)
            self._change(node.target for node in self.named if self._is_made(node.value))
            self._block(self.function.body, within=False)
        return self.escaped

    def _block(self, body: Iterable[ast.stmt], within: bool) -> None:
        """`within`: what stands here depends on what was made, since the head of a block around it does."""
        for statement in body:
            if within or self._concerns(statement):
                self._statement(statement, within)

    def _concerns(self, statement: ast.stmt) -> bool:
        if _holds(self.made, _start(statement), _end(statement)):
            return True
        return bool(self.tainted) and any(
            isinstance(node, ast.Name) and node.id in self.tainted for node in ast.walk(statement)
        )

    def _statement(self, node: ast.stmt, within: bool) -> None:
        if isinstance(node, ast.Assign):
            self._assign(node.targets, node.value, within)
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
            if node.value is not None:
                self._assign([node.target], node.value, within)
        elif isinstance(node, ast.Return):
            self.escaped |= node.value is not None and (within or self._is_made(node.value))
        elif isinstance(node, ast.Expr):
            self._expression(node.value)
        elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            self.tainted.add(node.name)
            self._block(node.body, within)
        else:
            self._compound(node, within)

    def _assign(self, targets: list[ast.expr], value: ast.expr, within: bool) -> None:
        if within or self._is_made(value):
            only_kept = self.keeps and not within and not self._is_made(value, but_kept=True)
            self._change(target for target in targets if not (only_kept and isinstance(target, ast.Attribute)))

    def _expression(self, value: ast.expr) -> None:
        """`results.append(mask)` and `fill(results, mask)` change `results`; a generator hands out what it yields."""
        if isinstance(value, (ast.Yield, ast.YieldFrom, ast.Await)):
            self.escaped |= self._is_made(value)
        elif isinstance(value, ast.Call) and self._is_made(value, but_kept=self.keeps):
            self._change(each for each in (value.func, *value.args) if isinstance(each, _BOUND))

    def _compound(self, node: ast.stmt, within: bool) -> None:
        blocks = list(_blocks(node))
        start, head = _start(node), _head(node)
        first = min((_start(body[0]) for body in blocks if body), default=_end(node))
        inside = within or _holds(self.made, start, first) or any(self._is_made(expression) for expression in head)
        if inside:
            self._change(_targets(node))
        for body in blocks:
            self._block(body, inside)

    def _change(self, targets: Iterable[ast.expr]) -> None:
        """What is bound or changed depends on what was made from here on; so does what holds it."""
        for target in targets:
            root: ast.expr = target
            while isinstance(root, (ast.Attribute, ast.Subscript, ast.Starred, ast.Call)):
                root = root.func if isinstance(root, ast.Call) else root.value
            if isinstance(root, (ast.Tuple, ast.List)):
                self._change(root.elts)
            elif isinstance(root, ast.Name):
                self.tainted.add(root.id)
                self.escaped |= root.id in self.outer or (root is not target and root.id in self.parameters)

    def _is_made(self, expression: ast.expr, but_kept: bool = False) -> bool:
        """Whether a value depends on what was made; `but_kept`: other than through what a module keeps."""
        if _holds(self.unkept if but_kept else self.made, _start(expression), _end(expression)):
            return True
        return bool(self.tainted) and any(
            isinstance(node, ast.Name) and node.id in self.tainted for node in _walk(expression, but_kept)
        )


def _is_keeper(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
    return name in _KEEPERS


def _holds(made: list[Place], start: Place, end: Place) -> bool:
    """Whether one of the places lies in the span."""
    index = bisect.bisect_left(made, start)
    return index < len(made) and made[index] < end


def _start(node: ast.AST) -> Place:
    return (node.lineno, node.col_offset)  # type: ignore[attr-defined]


def _end(node: ast.AST) -> Place:
    return (node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]


def _walk(expression: ast.expr, but_kept: bool) -> Iterable[ast.AST]:
    pending: list[ast.AST] = [expression]
    while pending:
        node = pending.pop()
        if not (but_kept and _is_keeper(node)):
            yield node
            pending += ast.iter_child_nodes(node)


def _blocks(node: ast.stmt) -> Iterable[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        yield getattr(node, field, [])
    for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield part.body


def _head(node: ast.stmt) -> Iterable[ast.expr]:
    for field in ("test", "iter", "subject"):
        expression = getattr(node, field, None)
        if expression is not None:
            yield expression
    for item in getattr(node, "items", ()):
        yield item.context_expr
    for case in getattr(node, "cases", ()):
        if case.guard is not None:
            yield case.guard


def _targets(node: ast.stmt) -> Iterable[ast.expr]:
    if isinstance(node, (ast.For, ast.AsyncFor)):
        yield node.target
    for item in getattr(node, "items", ()):
        if item.optional_vars is not None:
            yield item.optional_vars
