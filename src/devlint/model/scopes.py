"""Which names are bound where in a function, on CPython's `ast`: asked only for code that is to be changed."""

from __future__ import annotations

import ast
import enum
import warnings
from collections.abc import Iterator

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Scope = _Function | ast.Module
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_WITH = (ast.With, ast.AsyncWith)


class Bound(enum.Enum):
    """What a name surely holds at a line."""

    GIVEN = "given"
    """What was passed for the parameter."""
    LATEST = "latest"
    """What it holds later on, too, at the line that was asked for."""


class Scopes:
    """The functions of a file, by the line of their `def`."""

    def __init__(self, text: str) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(text)
        except (
            SyntaxError,
            ValueError,
            RecursionError,
            MemoryError,
        ):  # newer syntax than this Python's: nothing is known
            tree = ast.Module([], [])
        self._scopes: dict[int | None, _Scope] = {None: tree}
        self._scopes.update((node.lineno, node) for node in ast.walk(tree) if isinstance(node, _Function))

    def bound(self, name: str, function_line: int | None, line: int, later: int) -> Bound | None:
        """What a name holds where a line of a function, or of the module, begins; `later` is a line after that.

        None if that does not show, or may be None or nothing.
        """
        function = self._scopes.get(function_line)
        if function is None:
            return None
        bindings = list(_bindings(function, name))
        if any(
            isinstance(each, ast.Delete) or isinstance(getattr(each, "value", None), ast.Constant) for each in bindings
        ):
            return None
        before = [each for each in bindings if _end(each) < line]
        after = [each for each in bindings if each not in before]
        if _shares_a_loop(function, after, line):
            return None
        is_parameter = _is_parameter(function, name)
        if is_parameter and not before:
            return Bound.GIVEN
        is_certain = is_parameter or _is_bound_on_the_way(function.body, name, line)
        return Bound.LATEST if is_certain and not any(_end(each) < later for each in after) else None


def _is_parameter(function: _Scope, name: str) -> bool:
    """Not `*args`, nor one that may be None."""
    if isinstance(function, ast.Module):
        return False
    arguments = function.args
    given = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(given) - len(arguments.defaults)) + arguments.defaults
    for argument, default in zip([*given, *arguments.kwonlyargs], [*defaults, *arguments.kw_defaults], strict=True):
        if argument.arg == name:
            hint = ast.unparse(argument.annotation) if argument.annotation else ""
            return not (isinstance(default, ast.Constant) and default.value is None) and not _may_be_none(hint)
    return False


def _may_be_none(hint: str) -> bool:
    return "None" in hint or "Optional" in hint


def _bindings(function: _Scope, name: str) -> Iterator[ast.stmt]:
    """The statements that bind a name; comprehensions have their own."""
    for statement in ast.walk(function):
        if isinstance(statement, ast.stmt) and statement is not function and name in _bound_by(statement):
            yield statement


def _bound_by(statement: ast.stmt) -> set[str]:
    match statement:
        case ast.Assign(targets=targets):
            return _stored(*targets, statement.value)
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return _stored(target)
        case ast.For(target=target) | ast.AsyncFor(target=target):
            return _stored(target, statement.iter)
        case ast.With(items=items) | ast.AsyncWith(items=items):
            return _stored(*(item.optional_vars for item in items if item.optional_vars))
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {(alias.asname or alias.name).partition(".")[0] for alias in names}
        case ast.Delete(targets=targets):
            return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Expr() | ast.If() | ast.While() | ast.Return():
            return {node.target.id for node in ast.walk(_head(statement)) if isinstance(node, ast.NamedExpr)}
        case ast.Try() | ast.Match():
            return {handler.name for handler in getattr(statement, "handlers", ()) if handler.name}
    return set()


def _head(statement: ast.stmt) -> ast.AST:
    return getattr(statement, "test", None) or getattr(statement, "value", None) or ast.Pass()


def _stored(*nodes: ast.AST) -> set[str]:
    """Names that are stored to, outside comprehensions."""
    found = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.comprehension)]
    return found


def _end(statement: ast.stmt) -> int:
    """The last line of a statement, or of a compound statement's header."""
    body = getattr(statement, "body", None)
    return body[0].lineno - 1 if body else statement.end_lineno or statement.lineno


def _shares_a_loop(function: _Scope, bindings: list[ast.stmt], line: int) -> bool:
    loops = [node for node in ast.walk(function) if isinstance(node, _LOOPS) and _spans(node, line)]
    return any(_spans(loop, binding.lineno) for loop in loops for binding in bindings)


def _spans(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _is_bound_on_the_way(block: list[ast.stmt], name: str, line: int) -> bool:
    """Whether every path to a line passes a binding."""
    for statement in block:
        if not _spans(statement, line):
            if statement.lineno < line and _surely_binds(statement, name):
                return True
            continue
        if isinstance(statement, (*_LOOPS[:2], *_WITH)) and name in _bound_by(statement) and line > _end(statement):
            return True
        return any(_is_bound_on_the_way(inner, name, line) for inner in _blocks(statement) if _holds(inner, line))
    return False


def _surely_binds(statement: ast.stmt, name: str) -> bool:
    if isinstance(statement, ast.AnnAssign) and statement.value is None:
        return False
    if isinstance(statement, _LOOPS):
        return False
    if isinstance(statement, _WITH) and any(_surely_binds(each, name) for each in statement.body):
        return True
    return name in _bound_by(statement)


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        yield getattr(statement, field, [])
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield part.body


def _holds(block: list[ast.stmt], line: int) -> bool:
    return bool(block) and block[0].lineno <= line <= (block[-1].end_lineno or 0)
