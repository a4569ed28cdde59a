"""Functions whose C++ looks at devices itself, before any operation that a session could see."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F

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
    patches.wrap(torch, "ctc_loss", lambda original: _with_lengths_as_numbers(session, original))
    patches.wrap(F, "scaled_dot_product_attention", _by_any_kernel)


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


def _with_lengths_as_numbers(session: Session, original: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The lengths of CTC may be anywhere: they are read. (With a mode active, C++ takes another path.)

    Targets of 32 bits may be in CPU memory, where cuDNN wants them; all others are where the scores are.
    """

    def read(lengths: Any) -> Any:
        return lengths.tolist() if isinstance(lengths, Tensor) else lengths

    def ctc_loss(
        log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any, *args: Any, **kwargs: Any
    ) -> Tensor:
        here, there = session.where(targets).device, session.where(log_probs).device
        if here != there and not (here.type == "cpu" and targets.dtype is torch.int32):
            session.note(OperationOnTwoDevices, session.side(targets), session.side(log_probs), inside="ctc_loss")
        return original(log_probs, targets, read(input_lengths), read(target_lengths), *args, **kwargs)

    return ctc_loss


def _by_any_kernel(original: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Where the script allows only kernels that CUDA has, the CPU's plain one stands in for them."""

    def attention(*args: Any, **kwargs: Any) -> Tensor:
        if torch._C._get_math_sdp_enabled():
            return original(*args, **kwargs)
        torch._C._set_sdp_use_math(True)
        try:
            return original(*args, **kwargs)
        finally:
            torch._C._set_sdp_use_math(False)

    return attention
