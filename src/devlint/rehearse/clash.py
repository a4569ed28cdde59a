"""What a clash of devices is called: a kind of event, and names for its two sides."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING

import torch

from devlint.rehearse.events.accelerator_tensor_for_the_host import AcceleratorTensorForTheHost
from devlint.rehearse.events.cpu_tensor_indexed_on_accelerator import CpuTensorIndexedOnAccelerator
from devlint.rehearse.events.model_left_behind import ModelLeftBehind
from devlint.rehearse.events.operation_on_two_devices import OperationOnTwoDevices
from devlint.rehearse.legality import Check, Operand
from devlint.rehearse.operations import Facts
from devlint.rehearse.residence import Residence, residence_of, settle, storage_of

if TYPE_CHECKING:
    from devlint.rehearse.session import Session


def report_clash(session: Session, facts: Facts, clash: tuple[Operand, Operand]) -> bool:
    """Note a clash and, where a module was left behind, let it be where it should have been moved to; is that so?"""
    stray, partner = clash
    if facts.check is Check.HOST_LAST:
        session.note(AcceleratorTensorForTheHost, session.side(partner.tensor, partner.residence))
        return False
    modules = list(_modules_under_way())
    owned = {id(each): _owner(modules, each.tensor) for each in clash}
    names = [owned[id(each)][1] for each in clash]
    sides = [session.side(each.tensor, each.residence, name) for each, name in zip(clash, names, strict=True)]
    for operand, other, pair in ((stray, partner, sides), (partner, stray, sides[::-1])):
        module = owned[id(operand)][0]
        if module is not None and other.device.type != "cpu" and operand.device.type == "cpu":
            session.note(ModelLeftBehind, *pair)
            _move(modules, module, operand.residence, other.residence)
            return True
    if facts.check in (Check.INDEX, Check.INDEX_PUT) and stray.slot == 0:
        session.note(CpuTensorIndexedOnAccelerator, *sides)
    else:
        session.note(OperationOnTwoDevices, *sides, inside=facts.name)
    return False


def _modules_under_way() -> Iterator[torch.nn.Module]:
    """The modules whose methods have led here, the innermost first."""
    frame: FrameType | None = sys._getframe(1)
    last = None
    while frame is not None:
        code = frame.f_code
        if code.co_argcount and code.co_varnames[0] == "self":
            module = frame.f_locals.get("self")
            if isinstance(module, torch.nn.Module) and module is not last:
                yield module
                last = module
        frame = frame.f_back


def _owner(modules: list[torch.nn.Module], tensor: torch.Tensor) -> tuple[torch.nn.Module | None, str | None]:
    """The module under way that holds a tensor as parameter or buffer, and what it is called there."""
    storage = storage_of(tensor)
    for module in modules:
        for name, held in (*module.named_parameters(), *module.named_buffers()):
            if storage_of(held) is storage:
                return module, f"{name} of {type(module).__name__}"
    for name, parameter in modules[0].named_parameters(recurse=False) if modules else ():
        if _is_cast_copy(tensor, parameter):
            return modules[0], f"{name} of {type(modules[0]).__name__}"
    return None, None


def _is_cast_copy(tensor: torch.Tensor, parameter: torch.Tensor) -> bool:
    """Whether it seems to be the copy of a parameter in low precision that autocast works with."""
    return (
        tensor.dtype in (torch.float16, torch.bfloat16)
        and parameter.dtype is torch.float32
        and sorted(tensor.shape) == sorted(parameter.shape)
        and residence_of(tensor).device == residence_of(parameter).device
    )


def _move(modules: list[torch.nn.Module], owner: torch.nn.Module, here: Residence, there: Residence) -> None:
    """The outermost module under way which is as a whole where `owner` is was not moved: all of it is now."""
    left_behind = owner
    for module in modules[modules.index(owner) :]:
        if all(_is_at(each, here) for each in (*module.parameters(), *module.buffers())):
            left_behind = module
    for held in (*left_behind.parameters(), *left_behind.buffers()):
        if _is_at(held, here):
            settle(held, there)


def _is_at(tensor: torch.Tensor, residence: Residence) -> bool:
    return residence_of(tensor).device == residence.device
