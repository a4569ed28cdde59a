"""Python's own functions, as far as tensors pass through them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from devlint.flow.arguments import Argument, Arguments
from devlint.flow.bindings import part_of
from devlint.flow.evidence import root_path
from devlint.flow.results import derived
from devlint.flow.values import (
    NUMBER,
    SHAPE,
    TEXT,
    UNKNOWN,
    Api,
    Class,
    DeviceValue,
    Function,
    Mapping,
    Module,
    Number,
    Partial,
    Sequence,
    Tensor,
    Text,
    Value,
    join_all,
)

if TYPE_CHECKING:
    from devlint.flow.frame import Frame

_NUMBERS = frozenset(
    "len int float bool complex round hash id ord any all callable isinstance issubclass hasattr divmod pow".split()
)
_SEQUENCES = {
    "list": "list",
    "tuple": "tuple",
    "set": "set",
    "sorted": "list",
    "reversed": "sequence",
    "iter": "sequence",
}


def call_builtin(name: str, node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    """The result of a builtin; a name that nothing binds is also looked for here, and is unknown."""
    if name == "len" and arguments.positional:
        return Number(owner=root_path(arguments.positional[0].node) or "")
    if name in _NUMBERS:
        return arguments.positional[0].value if name in ("int", "round") and _is_number(arguments) else NUMBER
    if name in _SEQUENCES:
        return _sequence(_SEQUENCES[name], arguments, frame)
    handler = _HANDLERS.get(name)
    return handler(node, arguments, frame) if handler is not None else derived(arguments, node, frame)


def _is_number(arguments: Arguments) -> bool:
    return bool(arguments.positional) and isinstance(arguments.positional[0].value, Number)


def _first(arguments: Arguments) -> Value:
    return arguments.positional[0].value if arguments.positional else UNKNOWN


def _sequence(kind: str, arguments: Arguments, frame: Frame) -> Value:
    from devlint.flow.calls import element_of

    if not arguments.positional:
        return Sequence(kind, ()) if not arguments.is_open else UNKNOWN
    value = _first(arguments)
    if isinstance(value, Sequence):
        return Sequence(kind, value.items, value.element, sites=value.sites)
    if isinstance(value, Mapping):
        return Sequence(kind, None, TEXT)
    return Sequence(kind, None, element_of(value, arguments.positional[0].node, frame))


def _range(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    return Sequence("range", None, NUMBER)


def _enumerate(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    from devlint.flow.calls import element_of

    if not arguments.positional:
        return UNKNOWN
    first = arguments.positional[0]
    return Sequence("sequence", None, Sequence("tuple", (NUMBER, element_of(first.value, first.node, frame))))


def _zip(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    from devlint.flow.calls import element_of

    if arguments.is_open:
        return UNKNOWN
    parts = tuple(element_of(each.value, each.node, frame) for each in arguments.positional)
    return Sequence("sequence", None, Sequence("tuple", parts))


def _next(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    from devlint.flow.calls import element_of

    if not arguments.positional:
        return UNKNOWN
    return element_of(arguments.positional[0].value, arguments.positional[0].node, frame)


def _sum(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    value = part_of(_first(arguments))
    return Tensor(value.devices, value.rank, sure=False) if isinstance(value, Tensor) else UNKNOWN


def _extreme(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    values = [argument.value for argument in arguments.positional]
    return join_all(values) if len(values) > 1 else part_of(_first(arguments))


def _absolute(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    return _first(arguments)


def _map(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    """`map(f, xs)`: each element is what `f` makes of an element."""
    from devlint.flow.calls import call_value, element_of

    if len(arguments.positional) < 2 or arguments.is_open:
        return UNKNOWN
    function, *sources = arguments.positional
    if not isinstance(function.value, (Function, Partial, Module, Class, Api)):
        return UNKNOWN
    elements = tuple(Argument(element_of(each.value, each.node, frame), each.node) for each in sources)
    return Sequence("generator", None, call_value(function.value, Arguments(elements), node, frame))


def _filter(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    """Some of the elements."""
    last = arguments.positional[-1].value if arguments.positional else UNKNOWN
    return Sequence("generator", None, last.join_of_items()) if isinstance(last, Sequence) else UNKNOWN


def _string(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    return Text(of_device=isinstance(_first(arguments), DeviceValue))


def _dict(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    items = tuple((key, argument.value) for key, argument in arguments.keywords.items())
    first = _first(arguments)
    pair = first.join_of_items() if isinstance(first, Sequence) else None
    if isinstance(pair, Sequence):
        element = pair.items[1] if pair.items is not None and len(pair.items) == 2 else pair.join_of_items()
        return Mapping(items, element, closed=False)
    if isinstance(first, Mapping):
        return Mapping(first.items + items, first.element, first.closed and not arguments.is_open)
    return Mapping(items, UNKNOWN, closed=not arguments.is_open and not arguments.positional)


def _getattr(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    return UNKNOWN


def _type(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    return SHAPE


_HANDLERS = {
    "range": _range,
    "enumerate": _enumerate,
    "zip": _zip,
    "next": _next,
    "sum": _sum,
    "max": _extreme,
    "min": _extreme,
    "abs": _absolute,
    "map": _map,
    "filter": _filter,
    "str": _string,
    "repr": _string,
    "format": _string,
    "dict": _dict,
    "getattr": _getattr,
    "type": _type,
    "vars": _getattr,
    "print": _getattr,
    "open": _getattr,
}
