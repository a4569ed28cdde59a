"""With `--fake-data`: what PyTorch asks of tensors without data, and the kernels that CUDA would choose."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch._subclasses.fake_tensor import FakeTensor
from torch.nn import Module
from torch.optim.optimizer import _foreach_supported_types

from devlint.rehearse.fake import FakeData, is_fake

if TYPE_CHECKING:
    from devlint.rehearse.patches import Patches
    from devlint.rehearse.session import Session

Tensor = torch.Tensor
aten = torch.ops.aten
_FLASH_CAPABILITY, _FLASH_HEAD = (8, 0), 256


def install(session: Session, patches: Patches) -> None:
    """Nothing in a session with real data."""
    fake = session.fake
    if fake is None:
        return
    _install_questions(fake, patches)
    patches.wrap(Module, "_apply", _swapping)
    patches.wrap(torch.utils, "swap_tensors", lambda original: _forgetting(session, fake, original))
    patches.wrap(F, "scaled_dot_product_attention", lambda original: _attention(session, original))
    patches.wrap(F, "dropout", lambda original: _dropout(session, original))
    patches.set(torch, "save", lambda *_, **__: None)
    supported = _foreach_supported_types
    supported.append(FakeTensor)
    patches.at_end(lambda: supported.remove(FakeTensor))


def _install_questions(fake: FakeData, patches: Patches) -> None:
    inner = FakeTensor.__dict__["device"].fget

    def device(self: FakeTensor) -> torch.device:
        is_inside = fake.is_busy or self.fake_mode.in_kernel_invocation
        answer = inner if is_inside else vars(Tensor)["device"].fget  # that of surface/tensors.py
        its: torch.device = answer(self)
        return its

    def with_data(original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self, *args, **kwargs: original(fake.real(self) if is_fake(self) else self, *args, **kwargs)

    patches.set(FakeTensor, "device", property(device))
    for name in ("numpy", "__array__", "tolist"):
        patches.wrap(Tensor, name, with_data)
    patches.set(FakeTensor, "tolist", lambda self: Tensor.tolist(self))  # which has one of its own


def _swapping(original: Callable[..., Module]) -> Callable[..., Module]:
    """`param.data = ...` cannot turn a tensor with data into one without; PyTorch can swap the two."""

    def apply(self: Module, *args: Any, **kwargs: Any) -> Module:
        before = torch.__future__.get_swap_module_params_on_conversion()
        torch.__future__.set_swap_module_params_on_conversion(True)
        try:
            return original(self, *args, **kwargs)
        finally:
            torch.__future__.set_swap_module_params_on_conversion(before)

    return apply


def _forgetting(session: Session, fake: FakeData, original: Callable[..., None]) -> Callable[..., None]:
    def swap(one: Tensor, other: Tensor) -> None:
        fake.forget()
        original(one, other)
        one._post_accumulate_grad_hooks = one._post_accumulate_grad_hooks  # C++ has lost sight of them
        session.memory.follow(one)

    return swap


def _is_on_device(session: Session, tensor: Any) -> bool:
    return isinstance(tensor, Tensor) and session.where(tensor).device.type == "cuda"


def _dropout(session: Session, original: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """CUDA's keeps a mask of one byte for each element, where the CPU's keeps a float."""

    def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
        if training and not inplace and 0 < p < 1 and _is_on_device(session, input):
            kept: Tensor = torch.native_dropout(input, p, True)[0]
            return kept
        return original(input, p, training, inplace)

    return dropout


def _attention(session: Session, original: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Flash attention where CUDA would take it, else the memory-efficient one; what neither takes, as on the CPU.

    See sdp_utils.cpp of PyTorch: flash wants half precision, compute capability 8.0, heads up to 256, and no mask.
    """

    def attention(
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        scale: float | None = None,
        enable_gqa: bool = False,
    ) -> Tensor:
        if not _is_on_device(session, query) or query.dim() != 4:
            return original(query, key, value, attn_mask, dropout_p, is_causal, scale=scale, enable_gqa=enable_gqa)
        if torch.is_autocast_enabled("cuda"):
            query, key, value = (each.to(torch.get_autocast_dtype("cuda")) for each in (query, key, value))
        if enable_gqa:
            times = query.shape[1] // key.shape[1]
            key, value = key.repeat_interleave(times, 1), value.repeat_interleave(times, 1)
        capability = session.cards[session.where(query).device.index].capability
        is_half = query.dtype in (torch.float16, torch.bfloat16)
        if attn_mask is None and is_half and capability >= _FLASH_CAPABILITY and query.shape[-1] <= _FLASH_HEAD:
            flash = aten._scaled_dot_product_flash_attention.default
            result: Tensor = flash(query, key, value, dropout_p, is_causal, False, scale=scale)[0]
            return result
        if attn_mask is not None:
            attn_mask = attn_mask.to(query.dtype).expand(*query.shape[:3], key.shape[2])
        efficient = aten._scaled_dot_product_efficient_attention.default
        keeps = torch.is_grad_enabled()
        found: Tensor = efficient(query, key, value, attn_mask, keeps, dropout_p, is_causal, scale=scale)[0]
        return found

    return attention
