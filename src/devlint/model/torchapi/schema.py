"""The shape of the tables that say what PyTorch's API creates, checks, moves and returns.

The tables are plain literals (`factories.py`, `operations.py`, `methods.py`, `classes.py`, `cuda.py`); a test holds
them against these types, against each other and, where torch is installed, against the real package.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace


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
    """0 dimensions without a `dim` argument, otherwise one less per dimension named (or, with `keepdim=True`, the
    same) as the first operand."""
    ONE = "one"
    TWO = "two"
    SHAPE = "shape"
    """As many as the sizes given: one per positional integer, or the length of the one sequence (a lone name may be
    either)."""
    DATA = "data"
    """That of the data given: 0 for a number, at least 1 for a list, tuple or range."""
    PLUS_ONE = "plus-one"
    """One more than the first operand's (`unsqueeze`, `stack`)."""
    SOME = "some"
    """At least one dimension (`cat`, `flatten`, `bmm`)."""


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
    DEVICE = "device"
    """A `torch.device`: that of the receiver."""
    NOTHING = "nothing"
    MODULE_STATE = "module-state"
    UNKNOWN = "unknown"
    """Anything; nothing may be concluded."""


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
    overloads: tuple[tuple[str, ...], ...] = ()
    """Other lists of positional names, told apart by their number (`randint(high, size)`)."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A function or method that computes with tensors; one entry serves `torch.add`, `Tensor.add` and `Tensor.add_`.

    `params`: positional parameter names in order; for methods the first is the receiver.
    `operands`: those parameters that take part in the device check. `sequences`: those of them that are sequences of
    tensors (`cat`'s "tensors"). `indices`: those that hold integer index tensors (also operands when checked).
    `host`: parameters that must be CPU memory (`pack_padded_sequence`'s "lengths"). `tensors`: operands that can only
    be tensors there, never numbers (so that passing a name proves that it is a tensor).
    `out_of`: the operand whose device the result has; by default the first operand.
    `scalar_ok`: operands of an EXACT operation for which a 0-dimensional CPU tensor is legal all the same
    (`masked_fill`'s "value"). `tuple_if`: parameters which, when given and not false, make the result a tuple
    (`max`'s "dim", `unique`'s "return_counts").
    `overloads`: other lists of positional names (`max(input, other)`), taken when the arguments fit only them.
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
    """Reachable as `Tensor.NAME` (says nothing for functional operations)."""
    inplace: bool = False
    """`Tensor.NAME_` exists and writes into the receiver. What exists only in place is keyed with its underscore
    (`copy_`)."""
    varargs: bool = False
    """The last parameter takes every further positional argument (`meshgrid(*tensors)`, `view(*shape)`)."""
    scalar_ok: tuple[str, ...] = ()
    tuple_if: tuple[str, ...] = ()
    overloads: tuple[tuple[str, ...], ...] = ()
    method_params: tuple[str, ...] = ()
    """The order of the method's parameters, receiver first, where it is not the function's (`where`, `polygamma`)."""


@dataclass(frozen=True, slots=True)
class Move:
    """A method which returns its receiver's data in another place.

    `params`: positional parameter names after the receiver. `device`: the device type it moves to; None when an
    argument says.
    `tensors`, `modules`: whether `torch.Tensor` and `torch.nn.Module` have it (a tensor's is a copy, a module's is in
    place).
    """

    params: tuple[str, ...] = ("device",)
    device: str | None = None
    tensors: bool = True
    modules: bool = True


@dataclass(frozen=True, slots=True)
class ModuleClass:
    """A class of `torch.nn` or of a well-known library.

    `parametric`: it holds parameters or buffers that must be moved. `loss`: it is a criterion, and `weights` names the
    constructor arguments which become buffers (`weight`, `pos_weight`). `recurrent`: its second call argument is a
    hidden state.
    `container`: ModuleList, ModuleDict, Sequential, ParameterList ...
    """

    parametric: bool = True
    loss: bool = False
    recurrent: bool = False
    container: bool = False
    weights: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    """Positional parameters of the constructor, in order."""
    takes_device: bool = False
    returns: Returns = Returns.TENSOR
    """What a call gives: TUPLE for `LSTM` and `MultiheadAttention`, UNKNOWN for what other code decides (`Module`,
    `Sequential`)."""


def op(
    params: str = "input",
    operands: str = "",
    check: Check = Check.EXACT,
    rank: Rank = Rank.UNKNOWN,
    returns: Returns = Returns.TENSOR,
    *,
    sequences: str = "",
    indices: str = "",
    host: str = "",
    tensors: str = "",
    scalar_ok: str = "",
    tuple_if: str = "",
    method_params: str = "",
    overloads: tuple[str, ...] = (),
    out_of: str | None = None,
    varargs: bool = False,
) -> Operation:
    """An Operation from names separated by spaces; without `operands` the first parameter is the only one."""
    return Operation(
        params=tuple(params.split()),
        operands=tuple((operands or params.partition(" ")[0]).split()),
        check=check,
        rank=rank,
        returns=returns,
        overloads=tuple(tuple(each.split()) for each in overloads),
        sequences=tuple(sequences.split()),
        indices=tuple(indices.split()),
        host=tuple(host.split()),
        tensors=tuple(tensors.split()),
        scalar_ok=tuple(scalar_ok.split()),
        tuple_if=tuple(tuple_if.split()),
        method_params=tuple(method_params.split()),
        out_of=out_of,
        varargs=varargs,
    )


def spread(spec: Operation, names: str) -> Mapping[str, Operation]:
    """One entry per name: `exp_` exists in place too, `.view` is a method only, `torch.cat` is a function only,
    `.zero_!` is in place only."""
    table = {}
    variants = {(True, True, False): spec}
    for word in names.split():
        function, method = not word.startswith("."), not word.startswith("torch.")
        name = word.removeprefix(".").removeprefix("torch.")
        only = name.endswith("!")
        inplace = only or name.endswith("_")
        flags = (function, method, inplace)
        if flags not in variants:
            variants[flags] = replace(spec, function=function, method=method, inplace=inplace)
        table[name.removesuffix("!") if only else name.removesuffix("_")] = variants[flags]
    return table


def qualified(prefix: str, spec: Operation, names: str) -> Mapping[str, Operation]:
    """The same functional operation under each of the names in one namespace."""
    return {prefix + name: spec for name in names.split()}
