"""Where Python code of PyTorch computes in another order on an accelerator: here it does as on the CPU.

With this, losses in float32 are those of a CPU run, bit for bit. A script that asks for a fused optimizer does so for
the accelerator alone, as a rule; a library that does (transformers' Trainer) does so on the CPU too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import torch
from torch.optim import Optimizer

if TYPE_CHECKING:
    from devlint.rehearse.patches import Patches
    from devlint.rehearse.session import Session

_WITH_FUSED_KERNELS = ("adam", "sgd", "adagrad")


def install(session: Session, patches: Patches) -> None:
    """Let optimizers go parameter by parameter, as they do on the CPU."""
    for name in ("torch.optim.optimizer", "torch.utils._foreach_utils"):
        patches.set_all(import_module(name), _get_foreach_kernels_supported_devices=list)
    patches.set(torch._C, "_group_tensors_by_device_and_dtype", group_by_device)
    of_libraries: WeakSet[Optimizer] = WeakSet()
    patches.wrap(Optimizer, "__init__", lambda original: _noting_who_asks(session, of_libraries, original))
    for name in _WITH_FUSED_KERNELS:
        module = import_module(f"torch.optim.{name}")
        fused, single = getattr(module, f"_fused_{name}"), getattr(module, f"_single_tensor_{name}")
        patches.set(module, f"_fused_{name}", _one_by_one(of_libraries, fused, single))


def _noting_who_asks(session: Session, of_libraries: WeakSet[Optimizer], original: Callable[..., None]) -> Any:
    def __init__(self: Optimizer, *args: Any, **kwargs: Any) -> None:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_globals.get("__name__", "").startswith("torch."):
            frame = frame.f_back
        if frame is not None and not session.places.is_user(frame.f_code):
            of_libraries.add(self)
        original(self, *args, **kwargs)

    return __init__


def _one_by_one(
    of_libraries: WeakSet[Optimizer], fused: Callable[..., Any], single: Callable[..., Any]
) -> Callable[..., Any]:
    def step(*args: Any, **kwargs: Any) -> Any:
        needs_fused = kwargs.get("grad_scale") is not None or kwargs.get("found_inf") is not None
        if needs_fused or (of_libraries and _optimizer_under_way() in of_libraries):
            return fused(*args, **kwargs)  # which alone knows how to undo the scale of a GradScaler
        return single(*args, **kwargs)

    return step


def _optimizer_under_way() -> Optimizer | None:
    """Whose step has led here."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        owner = frame.f_locals.get("self") if frame.f_code.co_name == "step" else None
        if isinstance(owner, Optimizer):
            return owner
        frame = frame.f_back
    return None


Groups = dict[tuple[torch.device, torch.dtype], tuple[list[list[Any]], list[int]]]


def group_by_device(lists: Sequence[Sequence[Any]], with_indices: bool = False) -> Groups:
    """Parallel lists of tensors, split by device and dtype of the first list's; in C++ all devices would be the CPU."""
    groups: Groups = {}
    for index, first in enumerate(lists[0]):
        parts, indices = groups.setdefault((first.device, first.dtype), ([[] for _ in lists], []))
        for part, items in zip(parts, lists, strict=True):
            if items:
                part.append(items[index])
        if with_indices:
            indices.append(index)
    return groups
