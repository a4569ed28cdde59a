"""Which pretend device a tensor is on.

The mark is an attribute of the tensor's storage: views share it, in-place operations keep it, `.data = ` and `set_`
take it along, and it ends with the storage. A storage without a mark is in CPU memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch.nn.parameter import is_lazy

from devlint.rehearse.places import Spot

MARK = "_devlint_residence"
_NO_STORAGE = (NotImplementedError, RuntimeError, ValueError)
"""What sparse tensors, wrappers and parameters of lazy modules raise when they are asked for a storage."""
CPU = torch.device("cpu")
_COMPRESSED = (torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr, torch.sparse_bsc)


class Origin(NamedTuple):
    """How something came to be on its device, in words (`was made`), and where in the user's code."""

    how: str
    spot: Spot


class Residence:
    """A device, and how a tensor came there. Tensors computed from others share the residence of one of them."""

    __slots__ = ("device", "origin")

    def __init__(self, device: torch.device, origin: Origin | None = None) -> None:
        self.device = device
        self.origin = origin


class Undecided:
    """Of a tensor that PyTorch's C++ made for itself: it is on the device of what it first meets.

    C++ asks for the device of its inputs, and here all those are CPU tensors to it. `instruction` is the Python call
    that was under way; a tensor which outlives it was made for the user (`torch.Tensor(3)`), on the CPU.
    """

    __slots__ = ("device", "instruction", "origin")

    def __init__(self, instruction: tuple[int, int] | None, origin: Origin | None) -> None:
        self.device = None
        self.instruction = instruction
        self.origin = origin


HOST = Residence(CPU)
"""CPU memory, and nothing more is known."""


def storage_of(tensor: torch.Tensor) -> Any:
    """What carries the mark of a tensor: its storage or, for sparse tensors and wrappers, that of a tensor inside."""
    try:
        return tensor.untyped_storage()
    except _NO_STORAGE:
        return _inner_storage(tensor)


def _inner_storage(tensor: torch.Tensor) -> Any:
    if is_lazy(tensor):
        with torch._C.DisableTorchFunctionSubclass():
            return tensor.untyped_storage()
    functorch = torch._C._functorch
    if functorch.is_functorch_wrapped_tensor(tensor):
        return storage_of(functorch.get_unwrapped(tensor))
    if tensor.layout is torch.sparse_coo:
        return storage_of(tensor._values())
    if tensor.layout in _COMPRESSED:
        return storage_of(tensor.values())
    return tensor  # such as a nested or an mkldnn tensor: the mark is on the object itself


def residence_of(tensor: torch.Tensor) -> Residence | Undecided:
    """Where a tensor is."""
    try:
        return getattr(tensor.untyped_storage(), MARK, HOST)
    except _NO_STORAGE:
        return getattr(_inner_storage(tensor), MARK, HOST)


def settle(tensor: torch.Tensor, residence: Residence | Undecided) -> None:
    """Say where a tensor is, and all that share its storage."""
    settle_storage(storage_of(tensor), residence)
    if tensor.layout is not torch.strided:
        for indices in _indices(tensor):
            settle_storage(indices.untyped_storage(), residence)


def _indices(tensor: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """What a sparse tensor holds beside its values."""
    if tensor.layout is torch.sparse_coo:
        return (tensor._indices(),)
    if tensor.layout in (torch.sparse_csr, torch.sparse_bsr):
        return tensor.crow_indices(), tensor.col_indices()
    return (tensor.ccol_indices(), tensor.row_indices()) if tensor.layout in _COMPRESSED else ()


def settle_storage(storage: Any, residence: Residence | Undecided) -> None:
    """Say where a storage is, and tell those who keep account of memory."""
    setattr(storage, MARK, residence)
    for tell in on_settled:
        tell(storage, residence)


on_settled: list[Callable[[Any, Any], None]] = []
"""Who is told that a storage came to be somewhere, by the storage and its residence; a session fills and empties it."""
