"""Tensors without data, for `--fake-data`: the memory of models which are too large for this machine.

What is on a pretend device is a fake tensor, and what is large in host memory too; the rest of the host's is real, so
that data sets, samplers and schedules work. Where a program reads a value that is not there, one is invented.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensor,
    FakeTensorMode,
)

from devlint.rehearse.operations import Facts
from devlint.rehearse.places import NO_LINE, Places, Spot, excerpt

Tensor = torch.Tensor
REAL_ON_HOST = 1 << 20
"""Tensors of the host up to this many bytes have data."""
_ZERO = "_devlint_is_zero"


class MissingData(RuntimeError):
    """An operation needs values, and none can be invented for it."""


class FakeData:
    """Runs operations without data."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._mode = FakeTensorMode(allow_non_fake_inputs=True)
        self.is_busy = False
        """Whether PyTorch's own code is at work on fake tensors; it must see their real device."""
        self.invented: Counter[Spot | None] = Counter()

    def run(self, func: Any, facts: Facts, args: Sequence[Any], kwargs: dict[str, Any], on_device: bool) -> Any:
        """The result of an operation; `on_device` says that it is on a pretend device."""
        if any(isinstance(each, FakeTensor) for each in _flat(args, kwargs)):
            invent = _INVENT.get(facts.name)
            return invent(self, func, args, kwargs) if invent else self._run_fake(func, args, kwargs)
        if facts.takes_device and facts.fresh and (on_device or _is_large(args, kwargs)):
            with self._mode:
                return self._run_fake(func, args, kwargs)
        return func(*args, **kwargs)

    def _run_fake(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        before, self.is_busy = self.is_busy, True
        try:
            return func(*args, **kwargs)
        except (DataDependentOutputException, DynamicOutputShapeException):
            raise MissingData(
                f"{func._schema.name} needs values, and there are none with --fake-data: rehearse without it"
            ) from None
        finally:
            self.is_busy = before

    def empty(self, shape: Sequence[int], dtype: torch.dtype) -> Tensor:
        """A new fake tensor."""
        with self._mode:
            made: Tensor = self._run_fake(torch.ops.aten.empty.memory_format, (list(shape),), {"dtype": dtype})
        return made

    def forget(self) -> None:
        """Let go of weak references to tensors, with which PyTorch does not let them be swapped."""
        converter = self._mode.fake_tensor_converter.meta_converter
        converter.tensor_memo.clear()
        converter.describer.lookup_tensor.clear()

    def real(self, tensor: Tensor) -> Tensor:
        """A small tensor with invented data instead of a fake one."""
        self.noted()
        return torch.full(tensor.shape, _invented(tensor), dtype=tensor.dtype)

    def noted(self) -> None:
        """A value is invented here."""
        self.invented[self._places.here()] += 1

    def places(self) -> tuple[tuple[str, str, int], ...]:
        """Where values were invented: path:line, source text, how often."""
        found: Counter[tuple[str, str]] = Counter()
        for spot, count in self.invented.items():
            place = excerpt(spot) if spot else None
            found[(place.name, place.text) if place else (NO_LINE, "")] += count
        return tuple((name, text, count) for (name, text), count in found.most_common())


def is_fake(tensor: Tensor) -> bool:
    """Whether a tensor has no data."""
    return isinstance(tensor, FakeTensor)


def _flat(args: Sequence[Any], kwargs: dict[str, Any]) -> Iterator[Any]:
    for value in (*args, *kwargs.values()):
        if type(value) in (list, tuple):
            yield from value
        else:
            yield value


def _is_large(args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
    size = args[0] if args else ()
    if not isinstance(size, (list, tuple)) or not all(isinstance(each, int) for each in size):
        return False
    dtype = kwargs.get("dtype") or torch.get_default_dtype()
    return math.prod(size) * dtype.itemsize > REAL_ON_HOST


def _invented(tensor: Tensor) -> float | int | bool:
    if getattr(tensor.untyped_storage(), _ZERO, False):
        return 0.0
    if tensor.dtype.is_floating_point or tensor.dtype.is_complex:
        return 0.5
    return False if tensor.dtype is torch.bool else 0


# ------------------------------------------------------------------ operations whose result depends on values

Invent = Callable[[FakeData, Any, Sequence[Any], dict[str, Any]], Any]


def _value(fake: FakeData, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    fake.noted()
    return _invented(args[0])


def _yes(fake: FakeData, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
    fake.noted()
    return True


def _all_of_mask(fake: FakeData, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Tensor:
    """As if all elements of the mask were true: the most memory that it can take."""
    fake.noted()
    shape = torch.broadcast_shapes(args[0].shape, args[1].shape)  # type: ignore[no-untyped-call]
    return fake.empty((shape.numel(),), args[0].dtype)


def _all_places(fake: FakeData, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Tensor:
    fake.noted()
    return fake.empty((args[0].numel(), args[0].dim()), torch.long)


def _all_different(fake: FakeData, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    fake.noted()
    count = args[0].numel()
    return fake.empty((count,), args[0].dtype), fake.empty(args[0].shape, torch.long), fake.empty((count,), torch.long)


def _index(fake: FakeData, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    indices: list[Tensor | None] = []
    for each in args[1]:
        if each is not None and each.dtype in (torch.bool, torch.uint8):
            fake.noted()
            indices += [fake.empty((each.numel(),), torch.long) for _ in range(each.dim())]
        else:
            indices.append(each)
    return fake._run_fake(func, (args[0], indices, *args[2:]), kwargs)


def _repeated(fake: FakeData, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Tensor:
    fake.noted()
    return fake.empty((kwargs.get("output_size") or args[0].numel(),), torch.long)


def _counts(fake: FakeData, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Tensor:
    fake.noted()
    least = kwargs.get("minlength") or (args[2] if len(args) > 2 else 0)
    return fake.empty((max(least, 1),), torch.long)


def _histogram(fake: FakeData, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Tensor:
    bins = kwargs.get("bins") or (args[1] if len(args) > 1 else 100)
    return fake.empty((bins,), args[0].dtype)


def _grouped_product(fake: FakeData, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Tensor:
    """CUDA multiplies groups of any floating dtype, PyTorch's fake kernel of bfloat16 only."""
    left, right = args[:2]
    size: list[int] = [left.shape[-2], right.shape[-1]]
    if left.dim() == right.dim():
        groups: Any = args[2] if len(args) > 2 else kwargs.get("offs")
        size.insert(0, len(left if left.dim() > 2 else groups))
    return fake.empty(size, kwargs.get("out_dtype") or left.dtype)


def _unscale(fake: FakeData, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
    """All gradients are taken for finite, so that the scaler lets the optimizer step."""
    setattr(args[1].untyped_storage(), _ZERO, True)


_INVENT: dict[str, Invent] = {
    "_local_scalar_dense": _value,
    "equal": _yes,
    "masked_select": _all_of_mask,
    "nonzero": _all_places,
    "_unique2": _all_different,
    "index": _index,
    "index_put": _index,
    "index_put_": _index,
    "_index_put_impl_": _index,
    "repeat_interleave": _repeated,
    "bincount": _counts,
    "histc": _histogram,
    "_grouped_mm": _grouped_product,
    "_amp_foreach_non_finite_check_and_unscale_": _unscale,
    "_amp_update_scale_": lambda fake, func, args, kwargs: args[0],
}
