"""When something that may be a tensor has to be one.

A parameter or the result of an unknown call may be a number as well. A clash with such an operand waits until the
function has shown, anywhere, that the operand is a tensor (`x.size()`, `torch.cat([x, ...])`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.flow.lattice import How
from devlint.flow.values import Tensor, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    import libcst as cst

    from devlint.flow.frame import Frame


def root_path(node: cst.CSTNode) -> str | None:
    """The path whose kind decides the kind of an expression: `x` for `x[:, 0]`, `x`, `-x` and `x.T`."""
    import libcst as cst  # late: rules import this module, and listing them must not cost LibCST's import

    from devlint.model.names import dotted

    while True:
        if isinstance(node, cst.Subscript):
            node = node.value
        elif isinstance(node, cst.UnaryOperation):
            node = node.expression
        elif isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            node = node.func.value
        else:
            return dotted(node)


def needs_of(
    operands: Iterable[tuple[Value, cst.BaseExpression]], frame: Frame, as_operands: bool = True
) -> frozenset[str] | None:
    """What must be proven before a clash of the operands counts; None if that can never be shown.

    Each need is a path, or several with `|` between of which one is enough. `as_operands`: an operation takes them, so
    that they are tensors or numbers, and not some object that is like a tensor.
    """
    needs = set()
    for value, node in operands:
        if isinstance(value, Tensor) and not value.sure and not (as_operands and is_batch(value)):
            paths = [path for path in (root_path(node), value.via) if path]
            if not paths:
                return None
            needs.add("|".join(dict.fromkeys(paths)))
    return frozenset(needs)


def is_batch(value: Value) -> bool:
    """What a loader yields, or a part of it: tensors of at least one dimension, or nothing that could be an operand."""
    return (
        isinstance(value, Tensor)
        and bool(value.devices)
        and all(device.origin is not None and device.origin.how is How.LOADER for device in value.devices)
    )


def via_of(value: Value, node: cst.BaseExpression) -> str:
    """The path whose proof would prove what is computed from an operand that may be a tensor."""
    if isinstance(value, Tensor) and not value.sure:
        return value.via or root_path(node) or ""
    return ""
