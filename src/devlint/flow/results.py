"""What calls of things that are not known return."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.flow.lattice import Devices, Where
from devlint.flow.values import UNKNOWN, Mapping, Module, Sequence, Tensor, Value
from devlint.model.domain import gives_a_tensor
from devlint.model.names import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.flow.arguments import Arguments
    from devlint.flow.frame import Frame


def tensors_in(value: Value) -> Iterator[Tensor]:
    """The tensors that a value is or holds."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (Sequence, Mapping)):
        yield from tensors_in(value.join_of_items())


def devices_of_arguments(arguments: Arguments) -> Devices | None:
    """The common devices of the tensors passed, if all are elsewhere than in CPU memory; None if that is not so."""
    found: Devices | None = None
    for argument in arguments.each():
        for tensor in tensors_in(argument.value):
            if any(device.is_cpu_memory for device in tensor.devices):
                return None
            if tensor.rank == 0:
                continue  # a size or a count, read off another tensor
            if not all(device.is_elsewhere for device in tensor.devices):
                continue
            if not tensor.sure and tensor.devices[0].where is Where.INPUT:
                continue  # what may be a number says nothing about the result
            if found is None or found[0].where is Where.INPUT:
                found = tensor.devices
    return found


def derived(arguments: Arguments, node: cst.CSTNode, frame: Frame, receiver: Value = UNKNOWN) -> Value:
    """The result of an unknown call: if it is a tensor, it most likely stays with the tensors that went in."""
    if isinstance(receiver, Tensor) and any(device.is_cpu_memory for device in receiver.devices):
        return UNKNOWN
    devices = devices_of_arguments(arguments)
    if devices is None and isinstance(receiver, (Tensor, Module)) and receiver.devices:
        has_tensors = any(True for argument in arguments.each() for _ in tensors_in(argument.value))
        if not has_tensors and all(device.is_elsewhere for device in receiver.devices):
            devices = receiver.devices
    if devices is None:
        return UNKNOWN
    return Tensor(devices, None, sure=_is_loss(node) and _are_tensors(arguments))


def _is_loss(node: cst.CSTNode) -> bool:
    """A call of something that is called a loss, which gives a tensor when it gets tensors."""
    name = dotted(getattr(node, "func", None)) or ""
    return gives_a_tensor(name.rpartition(".")[2])


def _are_tensors(arguments: Arguments) -> bool:
    return bool(arguments.positional or arguments.keywords) and any(
        isinstance(each.value, Tensor) and each.value.sure for each in arguments.each()
    )
