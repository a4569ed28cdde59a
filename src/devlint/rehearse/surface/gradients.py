"""Gradients that are given to autograd: it checks their devices itself, below what a session sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import torch

from devlint.rehearse.events.operation_on_two_devices import OperationOnTwoDevices

if TYPE_CHECKING:
    from devlint.rehearse.patches import Patches
    from devlint.rehearse.session import Session


def install(session: Session, patches: Patches) -> None:
    """Let `backward` and `grad` be told of a gradient that is not where its tensor is."""

    def checking(original: Callable[..., Any], tensors: str, gradients: tuple[str, int]) -> Callable[..., Any]:
        name, position = gradients

        def call(*args: Any, **kwargs: Any) -> Any:
            ours = kwargs[tensors] if tensors in kwargs else args[0]
            given = kwargs.get(name, args[position] if len(args) > position else None)
            for tensor, gradient in _pairs(ours, given):
                # autograd brings one without dimensions there by itself (`validate_outputs` of its engine)
                if gradient.dim() and session.where(gradient).device != session.where(tensor).device:
                    session.note(OperationOnTwoDevices, session.side(gradient), session.side(tensor))
                    session.settle(gradient, session.where(tensor).device, "was moved")
            return original(*args, **kwargs)

        return call

    patches.wrap(torch.autograd, "backward", lambda original: checking(original, "tensors", ("grad_tensors", 1)))
    patches.wrap(torch.autograd, "grad", lambda original: checking(original, "outputs", ("grad_outputs", 2)))


def _pairs(tensors: Any, gradients: Any) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    if isinstance(tensors, torch.Tensor):
        tensors = (tensors,)
    if isinstance(gradients, torch.Tensor):
        gradients = (gradients,)
    if isinstance(tensors, (tuple, list)) and isinstance(gradients, (tuple, list)):
        for tensor, gradient in zip(tensors, gradients, strict=False):
            if isinstance(tensor, torch.Tensor) and isinstance(gradient, torch.Tensor):
                yield tensor, gradient
