"""Functions whose C++ looks at devices itself, before any operation that a session could see."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from devlint.rehearse.events.accelerator_tensor_for_the_host import AcceleratorTensorForTheHost
from devlint.rehearse.events.operation_on_two_devices import OperationOnTwoDevices

if TYPE_CHECKING:
    from devlint.rehearse.patches import Patches
    from devlint.rehearse.session import Session

Tensor = torch.Tensor


def install(session: Session, patches: Patches) -> None:
    """Make the checks that C++ cannot make here."""
    for owner in (torch, Tensor):
        patches.wrap(owner, "tensor_split", lambda original: _needs_host_indices(session, original))
    for owner in (torch, torch.functional):
        patches.wrap(owner, "meshgrid", lambda original: _needs_one_device(session, original))


def _needs_host_indices(session: Session, original: Callable[..., Any]) -> Callable[..., Any]:
    def split(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        for value in (*args, *kwargs.values()):
            if isinstance(value, Tensor) and session.where(value).device.type != "cpu":
                session.note(AcceleratorTensorForTheHost, session.side(value))
        return original(self, *args, **kwargs)

    return split


def _needs_one_device(session: Session, original: Callable[..., Any]) -> Callable[..., Any]:
    def check(*tensors: Any, **kwargs: Any) -> Any:
        items = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
        for other in items[1:]:
            if session.where(other).device != session.where(items[0]).device:
                session.note(OperationOnTwoDevices, session.side(items[0]), session.side(other))
                break
        return original(*tensors, **kwargs)

    return check
