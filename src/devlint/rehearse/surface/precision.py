"""Autocast: PyTorch's C++ looks at the real device of tensors, so that autocast for the CPU has to do the work.

It casts the same operations to low precision as CUDA's does, but keeps fewer of them in float32 and promotes fewer; for
those, kernels are added while a session uses autocast. The lists are those of ATen/autocast_mode.h.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from devlint.rehearse.patches import Patches
    from devlint.rehearse.session import Session

Tensor = torch.Tensor
Target = Callable[[Iterable[Tensor]], torch.dtype | None]
"""The dtype to bring operands to, if any."""
FLOAT32 = """
    acos asin cosh erfinv exp expm1 log log10 log2 log1p reciprocal rsqrt sinh tan pow.Tensor_Scalar pow.Tensor_Tensor
    pow.Scalar softplus layer_norm native_layer_norm group_norm frobenius_norm.dim nuclear_norm nuclear_norm.dim
    cosine_similarity poisson_nll_loss cosine_embedding_loss nll_loss nll_loss2d hinge_embedding_loss kl_div l1_loss
    smooth_l1_loss huber_loss mse_loss margin_ranking_loss multilabel_margin_loss soft_margin_loss triplet_margin_loss
    multi_margin_loss binary_cross_entropy_with_logits dist pdist cdist renorm logsumexp prod prod.dim_int softmax.int
    log_softmax.int cumprod cumsum linalg_vector_norm linalg_matrix_norm linalg_matrix_norm.str_ord sum sum.dim_IntList
    norm.Scalar norm.ScalarOpt_dim
"""
"""Computed in float32, whatever precision the operands have."""
PROMOTED = "addcdiv addcmul atan2 bilinear cross dot vdot grid_sampler index_put tensordot scatter_add"
"""Computed in the highest precision of the operands."""
_KEY = "AutocastCPU"
_LOW = (torch.float16, torch.bfloat16)


def install(session: Session, patches: Patches) -> None:
    """What is switched for the pretended kind is switched for the CPU as well."""
    libraries: list[Any] = []

    def both(original: Callable[..., Any]) -> Callable[..., Any]:
        def switch(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            if args and args[0] == session.kind:
                original("cpu", *args[1:], **kwargs)
                if not libraries and args[1] is True:
                    libraries.append(_add_kernels(session))
            return result

        return switch

    before = torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu")
    patches.wrap(torch, "set_autocast_enabled", both)
    patches.wrap(torch, "set_autocast_dtype", both)

    def restore() -> None:
        torch._C.set_autocast_enabled("cpu", before[0])
        torch._C.set_autocast_dtype("cpu", before[1])
        for library in libraries:
            library._destroy()

    patches.at_end(restore)


def _add_kernels(session: Session) -> Any:
    """The operations that autocast for the CPU leaves alone."""
    library: Any = torch.library.Library("aten", "IMPL")  # type: ignore[no-untyped-call]
    for names, target in ((FLOAT32, _float32), (PROMOTED, _widest)):
        for name in names.split():
            func = _overload(name)
            if func is not None and not torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), _KEY):
                library.impl(func, _kernel(session, func, target), _KEY)
    return library


def _overload(name: str) -> Any:
    packet, _, which = name.partition(".")
    return getattr(getattr(torch.ops.aten, packet, None), which or "default", None)


def _kernel(session: Session, func: Any, target: Target) -> Callable[..., Any]:
    autocast = torch._C.DispatchKeySet(getattr(torch._C.DispatchKey, _KEY))

    def is_cast(value: Any) -> bool:
        if not isinstance(value, Tensor) or value.dtype not in (*_LOW, torch.float32):
            return False
        return session.where(value).device.type == session.kind

    def kernel(*args: Any, **kwargs: Any) -> Any:
        dtype = target(value for value in (*args, *kwargs.values()) if is_cast(value))
        with torch._C._ExcludeDispatchKeyGuard(autocast):
            if dtype is None:
                return func(*args, **kwargs)
            args = tuple(value.to(dtype) if is_cast(value) else value for value in args)
            return func(*args, **{key: value.to(dtype) if is_cast(value) else value for key, value in kwargs.items()})

    return kernel


def _float32(tensors: Iterable[Tensor]) -> torch.dtype | None:
    return torch.float32 if any(tensor.dtype in _LOW for tensor in tensors) else None


def _widest(tensors: Iterable[Tensor]) -> torch.dtype | None:
    """The one precision to bring operands to, if they have several."""
    dtypes = {tensor.dtype for tensor in tensors}
    return torch.float32 if len(dtypes) > 1 else None
