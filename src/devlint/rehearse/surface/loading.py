"""Data loaders and pinned memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.data import dataloader

from devlint.rehearse.events.accelerator_tensor_for_the_host import AcceleratorTensorForTheHost
from devlint.rehearse.residence import CPU, Residence, settle, storage_of
from devlint.rehearse.surface._batches import resized

if TYPE_CHECKING:
    from devlint.rehearse.patches import Patches
    from devlint.rehearse.session import Session

Tensor = torch.Tensor
_PINNED = "_devlint_pinned"


def install(session: Session, patches: Patches) -> None:
    """Let batches know where they come from, and loaders end early where the session wants few steps."""
    patches.wrap(dataloader._BaseDataLoaderIter, "__next__", lambda original: _next(session, original))
    patches.set(Tensor, "pin_memory", _pin(session))
    patches.set(Tensor, "is_pinned", lambda self, device=None: hasattr(storage_of(self), _PINNED))


def _next(session: Session, original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def step(self: Any) -> Any:
        if session.batches is not None and self._num_yielded >= session.batches:
            raise StopIteration
        batch = original(self)
        if session.batch_size is not None:
            batch = resized(batch, session.batch_size, session.fake)
        residence = Residence(CPU, session.origin("comes from the data loader"))
        for tensor in _tensors_in(batch):
            if session.where(tensor).device is CPU:
                settle(tensor, residence)
        return batch

    return step


def _tensors_in(value: Any, depth: int = 4) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    if depth and isinstance(value, (list, tuple)):
        return [tensor for each in value for tensor in _tensors_in(each, depth - 1)]
    if depth and isinstance(value, dict):
        return [tensor for each in value.values() for tensor in _tensors_in(each, depth - 1)]
    if depth and hasattr(value, "__dict__"):
        return _tensors_in(vars(value), depth - 1)
    return []


def _pin(session: Session) -> Callable[..., Tensor]:
    def pin_memory(self: Tensor, device: Any = None) -> Tensor:
        if session.where(self).device.type != "cpu":
            session.note(AcceleratorTensorForTheHost, session.side(self))
            return self
        if hasattr(storage_of(self), _PINNED):
            return self
        pinned = self.clone()
        setattr(storage_of(pinned), _PINNED, True)
        return pinned

    return pin_memory
