"""Transfer functions of operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import libcst as cst

from devlint.flow.arguments import Argument, Arguments
from devlint.flow.events import Combined, Compared, Tested
from devlint.flow.operations import apply_operation
from devlint.flow.values import (
    NUMBER,
    TEXT,
    UNKNOWN,
    DeviceValue,
    Mapping,
    Number,
    Sequence,
    Shape,
    Tensor,
    Text,
    Thing,
    Value,
    join_all,
)
from devlint.model.torchapi import BINARY_OPERATORS, OPERATIONS

if TYPE_CHECKING:
    from devlint.flow.frame import Frame

_SYMBOLS = {"Equal": "==", "NotEqual": "!=", "In": "in", "NotIn": "not in"}


def operation_of(operator: cst.BaseBinaryOp | cst.BaseAugOp) -> str | None:
    """The name of the tensor operation behind a Python operator."""
    return BINARY_OPERATORS.get(type(operator).__name__.removesuffix("Assign"))


def evaluate_binary(node: cst.BinaryOperation, frame: Frame) -> Value:
    """`left OPERATOR right`."""
    left, right = frame.evaluate(node.left), frame.evaluate(node.right)
    operation = operation_of(node.operator)
    frame.emit(Combined(node, frame, operation, left, right))
    return combine(node, operation, Argument(left, node.left), Argument(right, node.right), frame)


def combine(
    node: cst.CSTNode, operation: str | None, left: Argument, right: Argument, frame: Frame, in_place: bool = False
) -> Value:
    """The value of a binary operation; also used for augmented assignment (`in_place`)."""
    if _is_of_arrays(left.value, right.value):
        return Thing("array")
    if isinstance(left.value, Tensor) or isinstance(right.value, Tensor):
        entry = OPERATIONS.get(operation or "")
        if entry is None:
            return UNKNOWN
        arguments = Arguments((left, right))
        return apply_operation(
            node, operation or "", entry, arguments, frame, in_place=in_place, operator=operation != "matmul"
        )
    kinds = (type(left.value), type(right.value))
    if Text in kinds:
        return TEXT if not isinstance(left.value, Text) else Text(None, left.value.prefix)
    if Sequence in kinds and Shape not in kinds:
        return _sequences(left.value, right.value)
    if Shape in kinds:
        owner = next((v.owner for v in (left.value, right.value) if isinstance(v, Shape) and v.owner), "")
        return Shape(owner) if Number not in kinds else Number(owner=owner)
    if Number in kinds:
        about = any(isinstance(value, Number) and value.about_device for value in (left.value, right.value))
        other = right.value if isinstance(left.value, Number) else left.value
        owner = next((v.owner for v in (left.value, right.value) if isinstance(v, Number) and v.owner), "")
        return Number(about_device=about, owner=owner) if isinstance(other, Number) else UNKNOWN
    return left.value if isinstance(left.value, Mapping) else UNKNOWN


def _is_of_arrays(left: Value, right: Value) -> bool:
    """One side is an array, and the other is not known to be a tensor: then it is an array or a number, too."""
    pair = (left, right)
    is_array = any(isinstance(value, Thing) and value.kind == "array" for value in pair)
    return is_array and not any(isinstance(value, Tensor) and value.sure for value in pair)


def _sequences(left: Value, right: Value) -> Value:
    if isinstance(left, Sequence) and isinstance(right, Sequence):
        if left.items is not None and right.items is not None and len(left.items) + len(right.items) <= 32:
            return Sequence(left.kind, left.items + right.items)
        parts = [part for part in (left, right) if part.items != ()]
        return Sequence(left.kind, None, _join_parts(parts))
    only = cast("Sequence", left if isinstance(left, Sequence) else right)
    return Sequence(only.kind, None, only.join_of_items())


def _join_parts(parts: list[Sequence]) -> Value:
    return join_all([part.join_of_items() for part in parts])


def evaluate_unary(node: cst.UnaryOperation, frame: Frame) -> Value:
    """`-x`, `~x`, `not x`."""
    value = frame.evaluate(node.expression)
    if isinstance(node.operator, cst.Not):
        frame.emit(Tested(node.expression, frame, value))
        return Number(about_device=isinstance(value, Number) and value.about_device)
    if isinstance(value, Number):
        known = isinstance(node.operator, cst.Minus) and value.constant is not None
        return Number(-cast("float", value.constant) if known else None, value.about_device)
    return value if isinstance(value, (Tensor, Shape)) else UNKNOWN


def evaluate_comparison(node: cst.Comparison, frame: Frame) -> Value:
    """`left == right` and chains of it: a bool, or a tensor when an operand surely is one."""
    left, left_node = frame.evaluate(node.left), node.left
    result: Value = NUMBER
    for target in node.comparisons:
        right, right_node = frame.evaluate(target.comparator), target.comparator
        name = type(target.operator).__name__
        if name in _SYMBOLS:
            frame.emit(Compared(node, frame, left, left_node, _SYMBOLS[name], right, right_node))
        if name in BINARY_OPERATORS and any(isinstance(value, Tensor) for value in (left, right)):
            first, second = Argument(left, left_node), Argument(right, right_node)
            result = combine(node, BINARY_OPERATORS[name], first, second, frame)
        elif any(_is_about_device(value) for value in (left, right)):
            result = Number(about_device=True)
        left, left_node = right, right_node
    return result


def _is_about_device(value: Value) -> bool:
    return isinstance(value, DeviceValue) or (isinstance(value, Text) and value.of_device)
