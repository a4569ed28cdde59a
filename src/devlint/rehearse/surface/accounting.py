"""Hooks by which memory and traffic are accounted for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.modules.module import register_module_parameter_registration_hook
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from devlint.rehearse.events.out_of_memory import OutOfMemory
from devlint.rehearse.residence import on_settled
from devlint.rehearse.traffic import Kind

if TYPE_CHECKING:
    from devlint.rehearse.patches import Patches
    from devlint.rehearse.session import Session

Tensor = torch.Tensor


def install(session: Session, patches: Patches) -> None:
    """Tell the ledger of storages, parameters and steps, and the traffic of what is printed."""
    memory = session.memory
    memory.on_no_room = lambda need: session.note(OutOfMemory, inside=need)
    on_settled.append(memory.placed)
    patches.at_end(on_settled.clear)
    patches.at_end(memory.close)
    for handle in (
        register_module_parameter_registration_hook(memory.registered),
        register_optimizer_step_pre_hook(lambda optimizer, *_: _begin_step(session, optimizer)),
        register_optimizer_step_post_hook(lambda optimizer, *_: memory.end_step(optimizer)),
    ):
        patches.at_end(handle.remove)
    patches.wrap(Tensor, "__repr__", lambda original: _as_one(session, Kind.PRINT, original))
    patches.wrap(Tensor, "tolist", lambda original: _as_one(session, Kind.TO_HOST, original))


def _begin_step(session: Session, optimizer: torch.optim.Optimizer) -> None:
    if session.memory.begin_step(optimizer):
        session.traffic.begin_step()


def _as_one(session: Session, kind: Kind, original: Callable[..., Any]) -> Callable[..., Any]:
    def call(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        if session.where(self).device.type == "cpu":
            return original(self, *args, **kwargs)
        with session.traffic.one(kind):
            return original(self, *args, **kwargs)

    return call
