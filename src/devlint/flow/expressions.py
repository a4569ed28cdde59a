"""Transfer functions of expressions: node -> value. One function per kind of node, found by its type."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import libcst as cst

from devlint.flow import attributes, calls, operators
from devlint.flow.bindings import bind_target
from devlint.flow.events import Chosen, Tested
from devlint.flow.frame import State, join_states
from devlint.flow.guards import guarded, read_condition
from devlint.flow.subscripts import evaluate_subscript
from devlint.flow.values import (
    MAX_ITEMS,
    NONE,
    NUMBER,
    TEXT,
    UNKNOWN,
    Api,
    Function,
    Mapping,
    Number,
    Sequence,
    Tensor,
    Text,
    Value,
    join,
    join_all,
    no_stand_in,
)
from devlint.model.functions import function_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from devlint.flow.frame import Frame

_CONSTANTS = {"None": NONE, "True": Number(1), "False": Number(0)}


def evaluate(node: cst.BaseExpression, frame: Frame) -> Value:
    """The value of an expression; what is not understood is unknown."""
    frame.analysis.spend()
    handler = _HANDLERS.get(type(node))
    return handler(node, frame) if handler is not None else UNKNOWN


def _name(node: cst.Name, frame: Frame) -> Value:
    constant = _CONSTANTS.get(node.value)
    if constant is not None:
        return constant
    found = frame.look_up(node.value)
    if isinstance(found, Api) and found.home:
        return frame.analysis.resolve(found, node)
    return found if found is not None else Api(f"builtins.{node.value}")


def _number(node: cst.Integer | cst.Float | cst.Imaginary, frame: Frame) -> Value:
    if len(node.value) > 30 or isinstance(node, cst.Imaginary):
        return NUMBER  # Python refuses to evaluate numbers of thousands of digits
    text = node.value.replace("_", "")
    return Number(float(text) if isinstance(node, cst.Float) else int(text, 0))  # a fifth of `evaluated_value`'s time


def _string(node: cst.SimpleString | cst.ConcatenatedString, frame: Frame) -> Value:
    raw = node.value if isinstance(node, cst.SimpleString) else ""
    if raw[:1] in ("'", '"') and "\\" not in raw and raw[:3] not in ("'''", '"""'):
        text = raw[1:-1]  # the common case, without Python's own evaluation
        return Text(text, text)
    value = node.evaluated_value
    if isinstance(value, str):
        return Text(value, value)
    if isinstance(node, cst.ConcatenatedString):
        return evaluate(node.left, frame)
    return TEXT


def _formatted(node: cst.FormattedString, frame: Frame) -> Value:
    prefix = ""
    for index, part in enumerate(node.parts):
        if isinstance(part, cst.FormattedStringExpression):
            evaluate(part.expression, frame)
        elif index == 0 and isinstance(part, cst.FormattedStringText):
            prefix = part.value
    return Text(None, prefix)


def _tuple(node: cst.Tuple | cst.List | cst.Set, frame: Frame) -> Value:
    kind = type(node).__name__.lower()
    items: list[Value] = []
    known = len(node.elements) <= MAX_ITEMS
    for element in node.elements:
        value = evaluate(element.value, frame)
        if not isinstance(element, cst.StarredElement):
            items.append(value)
        elif isinstance(value, Sequence) and value.items is not None:
            items += value.items
        else:
            known = False
            items.append(value.join_of_items() if isinstance(value, Sequence) else UNKNOWN)
    return Sequence(kind, tuple(items)) if known and kind != "set" else Sequence(kind, None, join_all(items))


def _dict(node: cst.Dict, frame: Frame) -> Value:
    items: dict[str, Value] = {}
    rest: list[Value] = []
    closed = True
    for element in node.elements:
        value = evaluate(element.value, frame)
        if isinstance(element, cst.StarredDictElement):
            closed = False
            if isinstance(value, Mapping):
                items.update(value.items)
            continue
        key = evaluate(cast("cst.DictElement", element).key, frame)
        if isinstance(key, Text) and key.constant is not None and len(items) < MAX_ITEMS:
            items[key.constant] = value
        else:
            rest.append(value)
    return Mapping(tuple(items.items()), join_all(rest), closed and not rest)


def _boolean(node: cst.BooleanOperation, frame: Frame) -> Value:
    left = evaluate(node.left, frame)
    frame.emit(Tested(node.left, frame, left))
    condition = read_condition(node.left, left, frame)
    if isinstance(node.operator, cst.Or):
        condition = condition.negated()
    outer = frame.state
    frame.state = _branch(outer, condition.guards, condition.when_true)
    right = evaluate(node.right, frame)
    frame.state = outer
    if any(isinstance(value, Number) and value.about_device for value in (left, right)):
        return Number(about_device=True)
    # `x or default`: None and other falsy values on the left are replaced.
    return join(left, no_stand_in(right))


def _branch(state: State, tags: frozenset[str], known: dict[str, Value]) -> State:
    branch = state.copy()
    branch.guards |= tags
    for path, value in known.items():
        branch.set(path, value)
    return branch


def _conditional(node: cst.IfExp, frame: Frame) -> Value:
    test = evaluate(node.test, frame)
    frame.emit(Tested(node.test, frame, test))
    condition = read_condition(node.test, test, frame)
    outer = frame.state
    states, values = [], []
    for branch, known, answer in ((node.body, condition.when_true, True), (node.orelse, condition.when_false, False)):
        if condition.outcome is not None and condition.outcome is not answer:
            continue
        frame.state = _branch(outer, condition.guards, known)
        values.append(no_stand_in(evaluate(branch, frame)))
        states.append(frame.state)
    frame.state = join_states(states)
    frame.state.guards = outer.guards
    for path in {**condition.when_true, **condition.when_false}:
        if path in outer.env:
            frame.state.env[path] = outer.env[path]
    result = join_all(values)
    if len(values) == 2:
        frame.emit(Chosen(node, frame, test, *values))
    return guarded(result) if condition.tags and result not in values else result


def _lambda(node: cst.Lambda, frame: Frame) -> Value:
    model = frame.nested.get(node)
    if model is None:
        model = frame.nested[node] = function_model(node, enclosing=frame.function, module=frame.unit.model)
        frame.analysis.closures[model] = frame
    return Function(model)


def _comprehension(node: cst.BaseSimpleComp | cst.DictComp, frame: Frame) -> Value:
    outer = frame.state
    frame.state = outer.copy()
    part: cst.CompFor | None = node.for_in
    while part is not None:
        iterable = evaluate(part.iter, frame)
        bind_target(part.target, calls.element_of(iterable, part.iter, frame), part.iter, frame)
        for condition in part.ifs:
            test = evaluate(condition.test, frame)
            read = read_condition(condition.test, test, frame)
            frame.state = _branch(frame.state, read.guards, read.when_true)
        part = part.inner_for_in
    if isinstance(node, cst.DictComp):
        evaluate(node.key, frame)
        result: Value = Mapping((), evaluate(node.value, frame), closed=False)
    else:
        kinds = {cst.ListComp: "list", cst.SetComp: "set"}
        element = evaluate(node.elt, frame)
        result = Sequence(kinds.get(type(node), "generator"), None, element, sites=((node.elt, element),))
    frame.state = outer
    return result


def _named(node: cst.NamedExpr, frame: Frame) -> Value:
    value = evaluate(node.value, frame)
    bind_target(node.target, value, node.value, frame)
    return value


def _await(node: cst.Await, frame: Frame) -> Value:
    value = evaluate(node.expression, frame)
    return value if isinstance(value, Tensor) else UNKNOWN


def _yield(node: cst.Yield, frame: Frame) -> Value:
    if isinstance(node.value, cst.From):
        value = evaluate(node.value.item, frame)
        frame.yields.append(calls.element_of(value, node.value.item, frame))
    elif node.value is not None:
        frame.yields.append(evaluate(node.value, frame))
    return UNKNOWN


def _ellipsis(node: cst.Ellipsis, frame: Frame) -> Value:
    return NUMBER


_HANDLERS: dict[type, Callable[..., Value]] = {
    cst.Name: _name,
    cst.Attribute: attributes.evaluate_attribute,
    cst.Call: calls.evaluate_call,
    cst.Subscript: evaluate_subscript,
    cst.BinaryOperation: operators.evaluate_binary,
    cst.UnaryOperation: operators.evaluate_unary,
    cst.Comparison: operators.evaluate_comparison,
    cst.BooleanOperation: _boolean,
    cst.IfExp: _conditional,
    cst.Integer: _number,
    cst.Float: _number,
    cst.Imaginary: _number,
    cst.SimpleString: _string,
    cst.ConcatenatedString: _string,
    cst.FormattedString: _formatted,
    cst.Tuple: _tuple,
    cst.List: _tuple,
    cst.Set: _tuple,
    cst.Dict: _dict,
    cst.Lambda: _lambda,
    cst.ListComp: _comprehension,
    cst.SetComp: _comprehension,
    cst.GeneratorExp: _comprehension,
    cst.DictComp: _comprehension,
    cst.NamedExpr: _named,
    cst.Await: _await,
    cst.Yield: _yield,
    cst.Ellipsis: _ellipsis,
}
