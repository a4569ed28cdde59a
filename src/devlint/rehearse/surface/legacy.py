"""The types of old: `torch.cuda.FloatTensor`, `x.type(...)`, `torch.set_default_tensor_type`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from devlint.rehearse.patches import Patches
    from devlint.rehearse.session import Session

Tensor = torch.Tensor
_DTYPES = {
    "FloatTensor": torch.float32,
    "DoubleTensor": torch.float64,
    "HalfTensor": torch.float16,
    "BFloat16Tensor": torch.bfloat16,
    "LongTensor": torch.int64,
    "IntTensor": torch.int32,
    "ShortTensor": torch.int16,
    "CharTensor": torch.int8,
    "ByteTensor": torch.uint8,
    "BoolTensor": torch.bool,
}


class LegacyType(type):
    """The type of `torch.cuda.FloatTensor`: all tensors of one dtype on the pretended device are its instances."""

    session: Session
    dtype: torch.dtype

    def __instancecheck__(cls, instance: object) -> bool:
        if not isinstance(instance, Tensor) or instance.dtype != cls.dtype:
            return False
        return cls.session.where(instance).device.type == cls.session.kind

    def __call__(cls, *args: Any, **_: Any) -> Tensor:
        """Sizes, or data; without either an empty tensor."""
        if len(args) == 1 and not isinstance(args[0], (int, torch.Size)):
            if isinstance(args[0], Tensor):
                return args[0].to(device=cls.session.kind, dtype=cls.dtype)
            return torch.tensor(args[0], dtype=cls.dtype, device=cls.session.kind)
        return torch.empty(*(args or (0,)), dtype=cls.dtype, device=cls.session.kind)


def install(session: Session, patches: Patches) -> None:
    """Put the types where they are looked for, and let tensors be cast to them."""
    module = getattr(torch, session.kind)
    names: dict[str, type] = {}
    for name, dtype in _DTYPES.items():
        full = f"torch.{session.kind}.{name}"
        names[full] = LegacyType(name, (), {"session": session, "dtype": dtype, "__module__": module.__name__})
        if session.kind != "mps":
            patches.set(module, name, names[full])
    patches.wrap(Tensor, "type", lambda original: _type(session, names, original))
    patches.wrap(torch, "set_default_tensor_type", lambda original: _set_default(session, names, original))


def _type(session: Session, names: dict[str, type], original: Callable[..., Any]) -> Callable[..., Any]:
    def type_(self: Tensor, dtype: Any = None, non_blocking: bool = False, **_: Any) -> Any:
        here = session.where(self).device
        if dtype is None:
            name = original(self)
            return name if here.type == "cpu" else name.replace("torch.", f"torch.{here.type}.", 1)
        dtype = names.get(dtype, dtype) if isinstance(dtype, str) else dtype
        if isinstance(dtype, LegacyType):
            return self.to(device=session.kind, dtype=dtype.dtype)
        if isinstance(dtype, torch.dtype):
            return self.to(dtype=dtype)
        name = dtype if isinstance(dtype, str) else torch.typename(dtype)
        known = _DTYPES.get(name.removeprefix("torch."))
        return original(self, dtype) if known is None else self.to(device="cpu", dtype=known)

    return type_


def _set_default(session: Session, names: dict[str, type], original: Callable[..., None]) -> Callable[..., None]:
    def set_default_tensor_type(given: Any, /) -> None:
        kind = names.get(given, given) if isinstance(given, str) else given
        if isinstance(kind, LegacyType):
            torch.set_default_dtype(kind.dtype)
            torch.set_default_device(session.kind)
        else:
            torch.set_default_device(None)
            original(given)

    return set_default_tensor_type
