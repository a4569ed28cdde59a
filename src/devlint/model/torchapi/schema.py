"""The shape of the tables that say what PyTorch's API creates, checks, moves and returns.

The tables are plain literals (`factories.py`, `operations.py`, `methods.py`, `classes.py`, `cuda.py`); a test holds
them against these types, against each other and, where torch is installed, against the real package.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Check(enum.Enum):
    """Which device check an operation makes on its tensor operands (source: native_functions.yaml, adaption.h)."""

    ITERATOR = "iterator"
    """TensorIterator: a 0-dimensional CPU operand may join tensors of an accelerator (not the reverse)."""
    EXACT = "exact"
    """Generated same-device check: every operand must be on one device, whatever its rank."""
    FREE = "free"
    """No check: the operation crosses devices (`copy_`) or reads only shapes (`expand_as`)."""


class Rank(enum.Enum):
    """How many dimensions a result has."""

    UNKNOWN = "unknown"
    SAME = "same"
    """That of the first operand."""
    BROADCAST = "broadcast"
    """The largest of the operands'."""
    SCALAR = "scalar"
    """0 dimensions, always."""
    REDUCE = "reduce"
    """0 dimensions without a `dim` argument, otherwise one less than (or, with `keepdim=True`, the same as) the first operand's."""
    ONE = "one"
    TWO = "two"
    SHAPE = "shape"
    """As many as the sizes given: one per positional integer, or the length of the one sequence."""
    DATA = "data"
    """That of the data given: 0 for a number, at least 1 for a list, tuple or range."""
    PLUS_ONE = "plus-one"
    """One more than the first operand's (`unsqueeze`, `stack`)."""


class Returns(enum.Enum):
    """What comes back."""

    TENSOR = "tensor"
    TUPLE = "tuple"
    """A tuple of tensors on the operands' device (`unique` with counts, `topk`, `split`, `lstm`)."""
    NUMBER = "number"
    """A Python number, bool or string, read back to the host."""
    HOST_DATA = "host-data"
    """A Python list, a shape, a dtype ...: no tensor."""
    ARRAY = "array"
    """A numpy array (host memory)."""
    NOTHING = "nothing"
    MODULE_STATE = "module-state"


@dataclass(frozen=True, slots=True)
class Factory:
    """A function which makes a new tensor.

    `params`: positional parameter names in order. `follows_default`: the result obeys `set_default_device` and
    `with torch.device(...)` (rules.md section 4; False: always CPU memory). `takes_device`: it has a `device` keyword.
    `like`: the name of the parameter whose device the result takes when no `device=` is given (`zeros_like`'s "input",
    `as_tensor`'s "data": there only if that argument is a tensor). `random`: drawn from a generator.
    """

    params: tuple[str, ...] = ()
    rank: Rank = Rank.UNKNOWN
    takes_device: bool = True
    follows_default: bool = True
    like: str | None = None
    random: bool = False
    varargs: bool = False
    """Sizes may be spread over the positional arguments (`zeros(2, 3)`)."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A function or method that computes with tensors; one entry serves `torch.add`, `Tensor.add` and `Tensor.add_`.

    `params`: positional parameter names in order; for methods the first is the receiver.
    `operands`: those parameters that take part in the device check. `sequences`: those of them that are sequences of
    tensors (`cat`'s "tensors"). `indices`: those that hold integer index tensors (also operands when checked).
    `host`: parameters that must be CPU memory (`pack_padded_sequence`'s "lengths"). `tensors`: operands that can only
    be tensors there, never numbers (so that passing a name proves that it is a tensor).
    `out_of`: the operand whose device the result has; by default the first operand.
    """

    params: tuple[str, ...] = ("input",)
    operands: tuple[str, ...] = ("input",)
    check: Check = Check.EXACT
    returns: Returns = Returns.TENSOR
    rank: Rank = Rank.UNKNOWN
    sequences: tuple[str, ...] = ()
    indices: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    tensors: tuple[str, ...] = ()
    out_of: str | None = None
    function: bool = True
    """Reachable as `torch.NAME` (or the qualified name, for functional operations)."""
    method: bool = True
    """Reachable as `Tensor.NAME`."""
    inplace: bool = False
    """`Tensor.NAME_` exists and writes into the receiver."""


@dataclass(frozen=True, slots=True)
class ModuleClass:
    """A class of `torch.nn` or of a well-known library.

    `parametric`: it holds parameters or buffers that must be moved. `loss`: it is a criterion, and `weights` names the
    constructor arguments which become buffers (`weight`, `pos_weight`). `recurrent`: its second call argument is a hidden state.
    `container`: ModuleList, ModuleDict, Sequential, ParameterList ...
    """

    parametric: bool = True
    loss: bool = False
    recurrent: bool = False
    container: bool = False
    weights: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    takes_device: bool = False
