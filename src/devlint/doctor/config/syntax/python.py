"""A configuration written in Python to placed nodes, by `ast` alone: nothing of it is ever executed.

What is understood is what such files are made of: assignments of literals, `dict(...)`, other names and simple
arithmetic; `_base_` and `read_base()` of MMEngine; attribute assignments of Detectron2's lazy configs. A call is a
mapping of its keyword arguments with the callee under `_target_`. Anything else is unknown.
"""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace

from devlint.doctor.config.nodes import DEEPEST, Malformed, Node, Places, merged, nested
from devlint.findings import Location

TARGET = "_target_"
DELETE = "_delete_"
_LARGEST = 10**15
_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}

LoadBase = Callable[[str], Node | None]
"""Reads the file that a config is based on, by the path that it names."""


def parse_python(
    text: str, places: Places, load_base: LoadBase = lambda path: None
) -> tuple[list[Node], list[Malformed]]:
    """One mapping of the module's names, or what is wrong."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # about the file's own strings: not for us to say
            module = ast.parse(text)
    except SyntaxError as error:
        line = min(error.lineno or 1, text.count("\n") + 1)
        start = places.at_bytes(line, max((error.offset or 1) - 1, 0))
        return [], [Malformed(f"not valid Python, {error.msg}; correct this line", places.at(start, start))]
    except (ValueError, RecursionError, MemoryError):
        return [], [Malformed("cannot be parsed as Python", places.at(0, 0))]
    return [_Module(places, load_base).read(module)], []


class _Module:
    def __init__(self, places: Places, load_base: LoadBase) -> None:
        self._places = places
        self._load_base = load_base
        self._names: dict[str, Node] = {}
        self._base: Node | None = None

    def read(self, module: ast.Module) -> Node:
        for statement in module.body:
            self._statement(statement)
        own = Node(
            {name: node for name, node in self._names.items() if not name.startswith("_")},
            self._places.at(0, len(self._places.text)),
        )
        return _composed(self._base, own)

    def _statement(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assign(targets=[target], value=value):
                self._assign(target, self._value(value))
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(target, self._value(value))
            case ast.With(body=body) if "read_base" in ast.dump(statement.items[0].context_expr):
                for inner in body:
                    if isinstance(inner, ast.ImportFrom):
                        self._read_base(inner)
            case ast.Expr(ast.Call(ast.Attribute(value=owner, attr="update"), args, keywords)):
                update = self._call_values(args, keywords)
                if isinstance(owner, ast.Name) and owner.id in self._names:
                    self._names[owner.id] = _composed(self._names[owner.id], Node(update, self._place(statement)))

    def _assign(self, target: ast.expr, node: Node) -> None:
        path = _dotted(target)
        if path == "_base_":
            for each in node.items or (node,):
                if isinstance(each.value, str) and (base := self._load_base(each.value)) is not None:
                    self._base = base if self._base is None else _composed(self._base, base)
            if self._base is not None:
                self._names["_base_"] = self._base
        elif path is not None and path.count(".") < DEEPEST:
            name, _, below = path.partition(".")
            if below:
                node = merged(self._names.get(name), nested({below: node}, node.location))
            self._names[name] = node

    def _read_base(self, statement: ast.ImportFrom) -> None:
        """`from .._base_.datasets.coco import *` inside of `with read_base():`."""
        up = "../" * (statement.level - 1)
        base = self._load_base(up + (statement.module or "").replace(".", "/") + ".py")
        if base is None:
            return
        for alias in statement.names:
            if alias.name == "*":
                self._names.update(base.mapping)
            elif alias.name in base.mapping:
                self._names[alias.asname or alias.name] = base.mapping[alias.name]

    def _value(self, expression: ast.expr, depth: int = 0) -> Node:
        place = self._place(expression)
        text = self._places.text[slice(*self._places.offsets(place))]
        if depth > DEEPEST:
            return Node(None, place, unknown="nested too deeply")
        match expression:
            case ast.Constant(value=None | bool() | int() | float() | str() as value):
                return Node(value, place, text)
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return Node(tuple(self._value(element, depth + 1) for element in elements), place)
            case ast.Set(elts=[ast.Set(elts=[inner])]):  # {{_base_.name}}
                return replace(self._value(inner, depth + 1), location=place)
            case ast.Dict(keys=keys, values=values):
                return Node(self._dict(keys, values, depth), place)
            case ast.Call(func, args, keywords):
                children = self._call_values(args, keywords, depth)
                callee = _dotted(func.args[0] if isinstance(func, ast.Call) and func.args else func)
                if callee not in ("dict", None):
                    children[TARGET] = Node(callee, self._place(func), callee)
                return Node(children, place)
            case ast.Name() | ast.Attribute() | ast.Subscript():
                return self._named(expression, text)
            case ast.BinOp() | ast.UnaryOp():
                number = self._number(expression, depth)
                if number is not None:
                    return Node(number, place, text, note=f"`{text}`")
        return Node(None, place, text, unknown=f"`{text[:60]}` is only known when the file is executed")

    def _named(self, expression: ast.expr, text: str) -> Node:
        path = _dotted(expression)
        found = Node(self._names, self._place(expression)).at(path) if path is not None else None
        if found is not None:
            return found.with_note(f"`{path}`")
        # a class or function that some import brings: MMEngine's new style writes `type=AmpOptimWrapper`
        return Node(path, self._place(expression), text, unknown=None if path else f"`{text[:60]}` is computed")

    def _dict(self, keys: list[ast.expr | None], values: list[ast.expr], depth: int) -> dict[str, Node]:
        children: dict[str, Node] = {}
        for key, value in zip(keys, values, strict=True):
            if key is None:
                children.update(self._value(value, depth + 1).mapping)
            elif isinstance(key, ast.Constant):
                children[str(key.value)] = self._value(value, depth + 1)
        return children

    def _call_values(self, args: list[ast.expr], keywords: list[ast.keyword], depth: int = 0) -> dict[str, Node]:
        children: dict[str, Node] = {}
        for argument in args:
            if isinstance(argument, (ast.Dict, ast.Call)):
                children.update(self._value(argument, depth + 1).mapping)
        for keyword in keywords:
            value = self._value(keyword.value, depth + 1)
            children.update({keyword.arg: value} if keyword.arg else value.mapping)
        return children

    def _number(self, expression: ast.expr, depth: int) -> int | float | None:
        if depth > DEEPEST:
            return None
        result: object = None
        match expression:
            case ast.BinOp(left, op, right) if type(op) in _OPERATORS:
                one, two = self._number(left, depth + 1), self._number(right, depth + 1)
                if one is not None and two is not None:
                    try:
                        result = _OPERATORS[type(op)](one, two)
                    except (ArithmeticError, ValueError):
                        return None
            case ast.UnaryOp(ast.USub(), operand):
                number = self._number(operand, depth + 1)
                result = None if number is None else -number
            case ast.BinOp() | ast.UnaryOp():
                return None
            case _:
                result = self._value(expression, depth + 1).value
        fine = isinstance(result, (int, float)) and not isinstance(result, bool) and abs(result) < _LARGEST
        return result if fine else None  # type: ignore[return-value]

    def _place(self, node: ast.expr | ast.stmt) -> Location:
        start = self._places.at_bytes(node.lineno, node.col_offset)
        return self._places.at(start, self._places.at_bytes(node.end_lineno or node.lineno, node.end_col_offset or 0))


def _dotted(expression: ast.expr) -> str | None:
    """`a.b["c"]` as `a.b.c`, or None for anything else."""
    parts: list[str] = []
    while True:
        match expression:
            case ast.Name(id=name):
                return ".".join([name, *reversed(parts)])
            case ast.Attribute(value=owner, attr=name):
                parts.append(name)
                expression = owner
            case ast.Subscript(value=owner, slice=ast.Constant(value=str() | int() as key)):
                parts.append(str(key))
                expression = owner
            case _:
                return None


def _composed(base: Node | None, own: Node) -> Node:
    """`own` over `base` as MMEngine merges them: key by key, but `_delete_=True` replaces."""
    deleted = own.mapping.get(DELETE)
    if (
        base is None
        or not base.mapping
        or not isinstance(own.value, Mapping)
        or (deleted is not None and deleted.value is True)
    ):
        return own
    children = dict(base.mapping)
    for key, child in own.mapping.items():
        children[key] = _composed(children.get(key), child)
    return replace(own, value=children)
