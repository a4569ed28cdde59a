"""What the interpreter tells the rules, as it goes: calls, clashes of devices, comparisons, assignments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import libcst as cst

    from devlint.flow.analysis import Fact
    from devlint.flow.arguments import Arguments
    from devlint.flow.frame import Frame
    from devlint.flow.lattice import Device
    from devlint.flow.values import Module, Value
    from devlint.model.classes import ClassModel
    from devlint.model.functions import FunctionModel


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """Something happened at `node`, while `frame` was interpreted."""

    node: cst.CSTNode
    frame: Frame


@dataclass(frozen=True, slots=True, eq=False)
class ApiCall(Event):
    """A call of something imported, by its qualified name."""

    node: cst.Call
    name: str
    arguments: Arguments
    result: Value


@dataclass(frozen=True, slots=True, eq=False)
class MethodCall(Event):
    """A call `receiver.name(...)` where the receiver is a value."""

    node: cst.Call
    receiver: Value
    receiver_node: cst.BaseExpression
    name: str
    arguments: Arguments
    result: Value


@dataclass(frozen=True, slots=True, eq=False)
class ModuleCall(Event):
    """A call `module(...)`."""

    node: cst.Call
    module: Module
    arguments: Arguments
    result: Value


@dataclass(frozen=True, slots=True, eq=False)
class LocalCall(Event):
    """A call of a function, class or method of the same file."""

    node: cst.Call
    callee: Value
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Operand:
    """One side of a clash."""

    value: Value
    node: cst.BaseExpression
    device: Device


@dataclass(frozen=True, slots=True, eq=False)
class Clash(Event):
    """Two operands of one operation are on devices that may not meet.

    `left` is in CPU memory (or on the first of two accelerators), `right` is elsewhere. `needs`: names that must turn
    out to be tensors, or the clash is dropped. `how`: "operands", "in-place", "module", "index", "host-argument",
    "loss-weight", "left-behind" (a module which was not moved, where its input was).
    """

    operation: str
    left: Operand
    right: Operand
    how: str = "operands"
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Compared(Event):
    """`left OPERATOR right`, for one pair of a comparison."""

    left: Value
    left_node: cst.BaseExpression
    operator: str
    right: Value
    right_node: cst.BaseExpression


@dataclass(frozen=True, slots=True, eq=False)
class Tested(Event):
    """A value used as a condition."""

    value: Value


@dataclass(frozen=True, slots=True, eq=False)
class Discarded(Event):
    """An expression statement: its value is thrown away."""

    node: cst.BaseExpression
    value: Value


@dataclass(frozen=True, slots=True, eq=False)
class Assigned(Event):
    """`path = value`, for a name or a dotted path."""

    path: str
    value: Value
    value_node: cst.BaseExpression


@dataclass(frozen=True, slots=True, eq=False)
class Chosen(Event):
    """`left if test else right`."""

    node: cst.IfExp
    test: Value
    left: Value
    right: Value


@dataclass(frozen=True, slots=True, eq=False)
class Decorated(Event):
    """A decorator above a function or method; where it is a call, that has been told already."""

    node: cst.BaseExpression
    value: Value


@dataclass(frozen=True, slots=True, eq=False)
class Defined(Event):
    """A function, method or lambda, before it is interpreted on its own."""

    function: FunctionModel


@dataclass(frozen=True, slots=True, eq=False)
class Looped(Event):
    """A `for` loop, and the state behind it."""

    node: cst.For
    iterable: Value


@dataclass(frozen=True, slots=True, eq=False)
class Combined(Event):
    """`left OPERATOR right`; `operation` is what the operator does ("sub")."""

    operation: str | None
    left: Value
    right: Value


@dataclass(frozen=True, slots=True, eq=False)
class Augmented(Event):
    """`target OPERATOR= value`; `operation` is what the operator does ("add")."""

    operation: str | None
    target: cst.BaseExpression
    left: Value
    right: Value
    right_node: cst.BaseExpression


@dataclass(frozen=True, slots=True, eq=False)
class AttributeSet(Event):
    """`self.name = value` in a method of `cls`."""

    cls: ClassModel
    name: str
    value: Value
    value_node: cst.BaseExpression


@dataclass(frozen=True, slots=True, eq=False)
class ClassDone(Event):
    """A class whose attributes are all known."""

    cls: ClassModel
    facts: dict[str, list[Fact]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class ScopeDone(Event):
    """A function's body, or the module's own code, has been interpreted to its end: `frame` tells no more events."""
