"""When something that may be a tensor has to be one.

A parameter or the result of an unknown call may be a number as well. A clash with such an operand waits until the
function has shown, anywhere, that the operand is a tensor (`x.size()`, `torch.cat([x, ...])`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from devlint.flow.values import Tensor, Value
from devlint.model.names import dotted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from devlint.flow.frame import Frame


def root_path(node: cst.BaseExpression) -> str | None:
    """The path whose kind decides the kind of an expression: `x` for `x[:, 0]`, `x`, `-x` and `x.T`."""
    while True:
        if isinstance(node, cst.Subscript):
            node = node.value
        elif isinstance(node, cst.UnaryOperation):
            node = node.expression
        elif isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            node = node.func.value
        else:
            return dotted(node)


def needs_of(operands: Iterable[tuple[Value, cst.BaseExpression]], frame: Frame) -> frozenset[str] | None:
    """The paths that must be proven tensors before a clash of the operands counts; None if that can never be shown."""
    needs = set()
    for value, node in operands:
        if isinstance(value, Tensor) and not value.sure:
            path = root_path(node)
            if path is None:
                return None
            needs.add(path)
    return frozenset(needs)
