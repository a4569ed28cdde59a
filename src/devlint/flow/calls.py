"""Transfer functions of calls: who is called decides which module handles it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from devlint.flow.apicalls import call_api
from devlint.flow.arguments import Argument, Arguments
from devlint.flow.attributes import attribute_of
from devlint.flow.bindings import part_of
from devlint.flow.border import matters_elsewhere
from devlint.flow.events import ApiCall, LocalCall, MethodCall, ModuleCall
from devlint.flow.frame import called
from devlint.flow.lattice import How
from devlint.flow.methods import call_method
from devlint.flow.modulecalls import call_module
from devlint.flow.precision import note_scaling
from devlint.flow.results import derived
from devlint.flow.values import (
    UNKNOWN,
    Api,
    Class,
    Function,
    Mapping,
    Method,
    Module,
    Partial,
    Sequence,
    Super,
    Tensor,
    Thing,
    TupleType,
    Value,
)
from devlint.model.names import dotted
from devlint.model.torchapi import BACKWARD_METHODS

if TYPE_CHECKING:
    from devlint.flow.frame import Frame

__all__ = ["element_of", "evaluate_call"]


def evaluate_call(node: cst.Call, frame: Frame) -> Value:
    """`f(...)`, `x.f(...)`."""
    if isinstance(node.func, cst.Attribute):
        return _call_attribute(node, node.func, frame)
    callee = frame.evaluate(node.func)
    if isinstance(callee, Api) and callee.name == "builtins.super" and frame.cls is not None:
        return Super(frame.cls)
    arguments = evaluate_arguments(node, frame)
    return call_value(_as_module(callee, node.func, frame), arguments, node, frame)


def _as_module(callee: Value, node: cst.BaseExpression, frame: Frame) -> Value:
    """What might have been a tensor is a module if it was moved and is called."""
    if callee is not UNKNOWN and (not isinstance(callee, Tensor) or callee.sure):
        return callee
    if (
        isinstance(callee, Tensor)
        and callee.devices
        and all(device.origin is not None and device.origin.how is How.MOVE for device in callee.devices)
    ):
        return Module(callee.devices)
    return frame.state.env.get(called(dotted(node) or ""), callee)


def _call_attribute(node: cst.Call, func: cst.Attribute, frame: Frame) -> Value:
    path = dotted(func)
    stored = frame.state.env.get(path) if path is not None else None
    receiver = frame.evaluate(func.value)
    arguments = evaluate_arguments(node, frame)
    name = func.attr.value
    if stored is not None:
        stored = _as_module(stored, func, frame)
    if stored is not None and not isinstance(stored, (Method, Tensor)):
        return call_value(stored, arguments, node, frame)
    if not isinstance(receiver, (Tensor, Thing)):
        callee = _as_module(attribute_of(receiver, name, func, frame), func, frame)
        if isinstance(callee, (Api, Function, Class)) or (isinstance(callee, Module) and receiver != callee):
            return call_value(callee, arguments, node, frame)
    result = call_method(node, receiver, name, arguments, frame)
    note_scaling(node, func.value, name, frame)
    if name in BACKWARD_METHODS:
        frame.note_backward()
    frame.emit(MethodCall(node, frame, receiver, func.value, name, arguments, result))
    return result


def evaluate_arguments(node: cst.Call, frame: Frame) -> Arguments:
    """The arguments of a call; `*known_tuple` is spread out."""
    positional: list[Argument] = []
    keywords: dict[str, Argument] = {}
    starred: list[Argument] = []
    open_positional = open_keywords = False
    for arg in node.args:
        value = frame.evaluate(arg.value)
        if arg.star == "*":
            if isinstance(value, Sequence) and value.items is not None:
                positional += [Argument(item, arg.value) for item in value.items]
            else:
                open_positional = True
                starred.append(Argument(value, arg.value))
        elif arg.star == "**":
            if isinstance(value, Mapping) and value.closed:
                keywords.update({key: Argument(item, arg.value) for key, item in value.items})
            else:
                open_keywords = True
                starred.append(Argument(value, arg.value))
        elif arg.keyword is not None:
            keywords[arg.keyword.value] = Argument(value, arg.value)
        else:
            positional.append(Argument(value, arg.value))
    return Arguments(tuple(positional), keywords, open_positional, open_keywords, tuple(starred))


def call_value(callee: Value, arguments: Arguments, node: cst.Call, frame: Frame) -> Value:
    """Call something that was looked up."""
    if isinstance(callee, Api) and callee.home and matters_elsewhere(callee, arguments, frame):
        callee = frame.analysis.resolve(callee, node, to_call=True)
    if isinstance(callee, Api):
        result = call_api(node, callee.name, arguments, frame)
        frame.emit(ApiCall(node, frame, callee.name, arguments, result))
        return result
    if isinstance(callee, (Function, Class)):
        frame.emit(LocalCall(node, frame, callee, arguments))
        return frame.analysis.call(callee, arguments, node, frame)
    if isinstance(callee, Module):
        result = call_module(node, callee, arguments, frame)
        frame.emit(ModuleCall(node, frame, callee, arguments, result))
        return result
    if isinstance(callee, Method):
        return call_method(node, callee.receiver, callee.name, arguments, frame)
    if isinstance(callee, Partial):
        given = replace(
            arguments,
            positional=callee.positional + arguments.positional,
            keywords={**dict(callee.keywords), **arguments.keywords},
        )
        return call_value(callee.callee, given, node, frame)
    if isinstance(callee, TupleType) and not arguments.is_open:
        bound = arguments.bind(callee.names)
        items = tuple(bound[name].value if name in bound else UNKNOWN for name in callee.names)
        return Sequence("tuple", items, names=callee.names)
    return derived(arguments, node, frame, callee)


def element_of(value: Value, node: cst.BaseExpression, frame: Frame) -> Value:
    """What iterating over a value gives."""
    from devlint.flow.loaders import item_of, looks_loaded

    if isinstance(value, Thing) and value.kind == "loader":
        return item_of(value, node)
    if value is UNKNOWN or isinstance(value, Module) or (isinstance(value, Tensor) and not value.sure):
        return looks_loaded(node, frame) or part_of(value)
    return part_of(value)
