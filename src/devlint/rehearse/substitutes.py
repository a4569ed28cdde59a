"""What the CPU does not compute in some dtype, and accelerators do: computed in another one, and cast back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import torch

_WIDER = {
    torch.float16: torch.float32,
    torch.bfloat16: torch.float32,
    torch.int8: torch.float64,
    torch.uint8: torch.float64,
    torch.int16: torch.float64,
    torch.int32: torch.float64,
    torch.int64: torch.float64,
    torch.bool: torch.float64,
}


_IS_MISSING = re.compile(r"not implemented for '|^Unsupported dtype ")


def compute(func: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """The result of an operation, if need be by way of another dtype; what it raises if that does not help."""
    try:
        return func(*args, **kwargs)
    except (NotImplementedError, RuntimeError) as error:
        if not _IS_MISSING.search(str(error)):
            raise
        first = next((value for value in args if isinstance(value, torch.Tensor)), None)
        if first is None or first.dtype not in _WIDER:
            raise
        return _by_way_of(_WIDER[first.dtype], first.dtype, func, args, kwargs)


def _by_way_of(wider: torch.dtype, dtype: torch.dtype, func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    def widened(value: Any) -> Any:
        return value.to(wider) if isinstance(value, torch.Tensor) and value.dtype == dtype else value

    def narrowed(value: Any) -> Any:
        if isinstance(value, (tuple, list)):
            return type(value)(map(narrowed, value))
        return value.to(dtype) if isinstance(value, torch.Tensor) and value.dtype == wider else value

    return narrowed(func(*map(widened, args), **{key: widened(value) for key, value in kwargs.items()}))
