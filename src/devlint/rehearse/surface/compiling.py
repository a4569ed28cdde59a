"""`torch.compile`: what is compiled runs eagerly, and looks as if it were compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
import torch._dynamo
from torch._dynamo.eval_frame import DisableContext, OptimizedModule

if TYPE_CHECKING:
    from devlint.rehearse.patches import Patches
    from devlint.rehearse.session import Session


def install(session: Session, patches: Patches) -> None:
    """Let modules be wrapped as PyTorch wraps them (`_orig_mod.` in the names of a checkpoint), and all else not."""

    def compile(model: Any = None, **_: Any) -> Any:
        if model is None:
            return compile
        return OptimizedModule(model, _Eager()) if isinstance(model, torch.nn.Module) else model

    patches.set(torch, "compile", compile)
    patches.set(torch.nn.Module, "compile", lambda self, *_, **__: None)
    patches.set(torch._dynamo, "reset", lambda: None)
    patches.set(torch.compiler, "cudagraph_mark_step_begin", lambda: None)


class _Eager(DisableContext):
    """Leaves functions as they are."""

    def __call__(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """The function."""
        return fn
