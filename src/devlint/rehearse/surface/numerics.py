"""Where Python code of PyTorch computes in another order on an accelerator: here it does as on the CPU.

With this, losses in float32 are those of a CPU run, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from devlint.rehearse.patches import Patches
    from devlint.rehearse.session import Session

_WITH_FUSED_KERNELS = ("adam", "sgd", "adagrad")


def install(session: Session, patches: Patches) -> None:
    """Let optimizers go parameter by parameter, as they do on the CPU."""
    for name in ("torch.optim.optimizer", "torch.utils._foreach_utils"):
        patches.set_all(import_module(name), _get_foreach_kernels_supported_devices=list)
    patches.set(torch._C, "_group_tensors_by_device_and_dtype", group_by_device)
    for name in _WITH_FUSED_KERNELS:
        module = import_module(f"torch.optim.{name}")
        fused, single = getattr(module, f"_fused_{name}"), getattr(module, f"_single_tensor_{name}")
        patches.set(module, f"_fused_{name}", _one_by_one(fused, single))


def _one_by_one(fused: Callable[..., Any], single: Callable[..., Any]) -> Callable[..., Any]:
    def step(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("grad_scale") is not None or kwargs.get("found_inf") is not None:
            return fused(*args, **kwargs)  # which alone knows how to undo the scale of a GradScaler
        return single(*args, **kwargs)

    return step


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
