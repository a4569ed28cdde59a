"""Gradients: where they belong, and what the backward pass may do without being told of."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import torch
from torch.autograd.graph import _engine_run_backward

from devlint.rehearse.residence import Residence, settle

Copy = Callable[[torch.Tensor], torch.Tensor]

_ENGINE = _engine_run_backward.__code__
_OWN = __file__.removesuffix("backward.py")
_HOMED = "_devlint_gradient_homed"


def in_backward() -> bool:
    """Whether autograd is computing gradients on this thread."""
    return torch._C._current_graph_task_id() != -1


def in_builtin_backward() -> bool:
    """Whether an operation belongs to the backward pass itself, and not to Python code that it calls.

    The backward of an operation mixes devices only if its forward did, and that was noted.
    """
    if not in_backward():
        return False
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code is _ENGINE:
            return True
        if not frame.f_code.co_filename.startswith(_OWN):
            return False
        frame = frame.f_back
    return False


def bring_gradient_home(tensor: torch.Tensor, residence: Residence) -> None:
    """Let the gradient of a tensor arrive where the tensor is, as autograd does for CPU scalars among CUDA tensors."""
    if getattr(tensor, _HOMED, False):
        return
    setattr(tensor, _HOMED, True)

    def settled(gradient: torch.Tensor) -> torch.Tensor:
        copy = gradient.clone()
        settle(copy, residence)
        return copy

    tensor.register_hook(settled)  # type: ignore[no-untyped-call]


def move(tensor: torch.Tensor, copy: Copy, here: Residence, there: Residence) -> torch.Tensor:
    """A copy on another device, made by `copy`, through which gradients find back."""
    moved: torch.Tensor = _Move.apply(tensor, copy, here, there)  # type: ignore[no-untyped-call]
    return moved


class _Move(torch.autograd.Function):
    """A copy on another device, whose gradient is copied back."""

    @staticmethod
    def forward(context: Any, tensor: torch.Tensor, copy: Copy, here: Residence, there: Residence) -> torch.Tensor:
        """The way there."""
        context.homes = here, there
        context.dtype = tensor.dtype
        result = copy(tensor)
        settle(result, there)
        return result

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """The way back."""
        here, there = context.homes
        dtype = context.dtype
        return move(gradient, lambda each: each.to(dtype, copy=True), there, here), None, None, None
