"""What the schema of an operation says, read once for each overload."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from devlint.rehearse.legality import Check, check_of

_MAY_WAIT = frozenset(
    f"aten::{name}"
    for name in (
        *("_local_scalar_dense", "equal", "nonzero", "masked_select", "index", "index_put", "index_put_", "bincount"),
        *("_index_put_impl_", "_unique2", "unique_dim", "unique_consecutive", "repeat_interleave"),
    )
)


@dataclass(frozen=True, slots=True)
class Facts:
    """An overload of an operation.

    `tensors`: how many arguments are tensors, where a list counts as two. `written`: positions and names of those whose
    memory is changed. `fresh`: it returns new memory, not only views and its own arguments. `check`: what it asks of
    devices. `waits`: the host may have to wait for its result (see `traffic.wait_of`).
    """

    name: str
    tensors: int
    written: frozenset[int | str]
    fresh: bool
    takes_device: bool
    takes_generator: bool
    check: Check
    waits: bool
    is_composite: bool
    """C++ makes it of other operations; autograd takes it apart before a mode sees it, inference mode does not."""
    is_passive: bool
    """Devices have no part in it: it is a view of one tensor, or changes one in place."""


_known: dict[Any, Facts] = {}


def facts_of(func: Any) -> Facts:
    """The facts of an overload."""
    found = _known.get(func)
    if found is None:
        found = _known[func] = _read(func)
    return found


def _read(func: Any) -> Facts:
    schema = func._schema
    arguments = schema.arguments
    names = {argument.name for argument in arguments}
    written: set[int | str] = set()
    for position, argument in enumerate(arguments):
        if argument.alias_info is not None and argument.alias_info.is_write:
            written |= {position, argument.name}
    lists = [each for each in arguments if "Tensor[]" in str(each.type) or "List[Tensor]" in str(each.type)]
    tensors = sum("Tensor" in str(argument.type) for argument in arguments) + len(lists)
    fresh = any(each.alias_info is None and "Tensor" in str(each.type) for each in schema.returns)
    waits = schema.name in _MAY_WAIT
    return Facts(
        name=schema.name.removeprefix("aten::"),
        tensors=tensors,
        written=frozenset(written),
        fresh=fresh,
        takes_device="device" in names,
        takes_generator="generator" in names,
        check=check_of(func),
        waits=waits,
        is_composite=_is_composite(func),
        is_passive=tensors <= 1 and not fresh and not waits and not names & {"device", "generator"},
    )


def _is_composite(func: Any) -> bool:
    if func.namespace == "prim":  # which the dispatcher does not know
        return False
    return torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd")
