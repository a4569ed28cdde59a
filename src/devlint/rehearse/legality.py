"""Which devices may meet in one operation, below autograd: PyTorch's own rule, for `torch.ops` overloads.

Facts: `device_check` in native_functions.yaml (NoCheck = TensorIterator, which lets 0-dimensional CPU tensors join; all
other kernels compare devices exactly), and the checks that single kernels make themselves. An operation that stands in
no table is checked exactly, as PyTorch's generated code does; `torch.Tag.pointwise` marks what uses TensorIterator.
tests/rehearse/test_legality.py holds each row against rules and against the yaml file.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from devlint.rehearse.residence import Residence


class Check(enum.Enum):
    """What an operation asks of the devices of its tensors."""

    EXACT = "exact"
    """One device for all."""
    ITERATOR = "iterator"
    """One device, but 0-dimensional CPU tensors may join those of an accelerator, unless they are written to."""
    FREE = "free"
    """Crosses devices, or only reads shapes."""
    INDEX = "index"
    """`x[i]`: the indices are on the device of `x` or in CPU memory."""
    INDEX_PUT = "index-put"
    """`x[i] = v`: as INDEX, and `v` is on the device of `x`, or has no dimensions."""
    SCALAR_LAST = "scalar-last"
    """One device for all, but the last operand may be a 0-dimensional CPU tensor."""
    LISTS = "lists"
    """Lists of tensors: those at the same position are checked exactly with each other."""
    LOOSE_LISTS = "loose-lists"
    """Lists of tensors: those at the same position may be on any devices."""
    HOST_LAST = "host-last"
    """The last operand must be in CPU memory, wherever the others are."""


ITERATOR = """
    bernoulli_ binary_cross_entropy binary_cross_entropy_with_logits copysign_ dist eq_ fill fill_ floor_divide
    floor_divide_ ge_ gt_ heaviside_ le_ lt_ mse_loss ne_ rsub smooth_l1_loss where __irshift__ __ilshift__
"""
"""NoCheck without the pointwise tag."""
EXACT = """
    clamp clamp_ clamp_max clamp_max_ clamp_min clamp_min_ equal gcd gcd_ gelu_backward igamma igamma_ igammac igammac_
    lcm lcm_ logaddexp logaddexp2 logit_backward native_dropout_backward nextafter nextafter_ sigmoid_backward
    silu_backward tanh_backward threshold_backward
"""
"""Pointwise, but checked exactly all the same (`clamp(c, max=h)`: microsoft/Swin-Transformer#377)."""
FREE = """
    copy_ copy copy_sparse_to_sparse_ _to_copy to set_ set_data is_same_size is_set_to resize_as_ _resize_as_
    record_stream _pack_padded_sequence_backward _ctc_loss _ctc_loss_backward sym_size sym_stride
    _has_compatible_shallow_copy_type _copy_from slice_scatter select_scatter diagonal_scatter as_strided_scatter
"""
SPECIAL = {
    Check.ITERATOR: ITERATOR,
    Check.EXACT: EXACT,
    Check.FREE: FREE,
    Check.INDEX: "index _unsafe_index",
    Check.INDEX_PUT: "index_put index_put_ _unsafe_index_put _index_put_impl_",
    Check.SCALAR_LAST: "masked_fill masked_fill_ index_fill index_fill_",
    Check.HOST_LAST: "_pack_padded_sequence",
    Check.LOOSE_LISTS: "_foreach_copy _foreach_copy_",
}
_BY_NAME = {f"aten::{name}": check for check, names in SPECIAL.items() for name in names.split()}


def check_of(func: Any) -> Check:
    """The check that an overload makes."""
    name = func._schema.name
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name.startswith("aten::_foreach_"):
        return Check.LISTS
    return Check.ITERATOR if torch.Tag.pointwise in func.tags else Check.EXACT


@dataclass(frozen=True, slots=True, eq=False)
class Operand:
    """A tensor in an operation; `written`: its memory is changed; `slot` counts the arguments, lists being one."""

    tensor: torch.Tensor
    residence: Residence
    slot: int
    written: bool = False

    @property
    def device(self) -> torch.device:
        """Where it is."""
        return self.residence.device

    @property
    def is_host_scalar(self) -> bool:
        """Whether it is a 0-dimensional tensor in CPU memory."""
        return self.residence.device.type == "cpu" and self.tensor.dim() == 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a meeting: where the result is, and the two that may not meet, if any."""

    home: Residence
    clash: tuple[Operand, Operand] | None = None


def judge(check: Check, operands: Sequence[Operand]) -> Verdict:
    """Operands on several devices meet: is that legal, and where is the result?"""
    match check:
        case Check.FREE | Check.LOOSE_LISTS:
            return Verdict(operands[0].residence)
        case Check.ITERATOR:
            return _exact([each for each in operands if each.written or not each.is_host_scalar], operands)
        case Check.SCALAR_LAST:
            last = operands[-1]
            return _exact(operands[:-1] if last.is_host_scalar and last.slot > 1 else operands, operands)
        case Check.INDEX:
            return _index(operands[0], operands[1:])
        case Check.INDEX_PUT:
            return _index_put(operands)
        case Check.HOST_LAST:
            clash = None if operands[-1].device.type == "cpu" else (operands[0], operands[-1])
            return Verdict(operands[0].residence, clash)
        case _:
            return _exact(operands, operands)


def _exact(checked: Sequence[Operand], operands: Sequence[Operand]) -> Verdict:
    """All that is checked is on one device; the result is there or, after a clash, on the accelerator."""
    accelerated = next((each for each in operands if each.device.type not in ("cpu", "meta")), operands[0])
    if not checked:
        return Verdict(accelerated.residence)
    other = next((each for each in checked if each.device != accelerated.device), None)
    if other is None:
        return Verdict(accelerated.residence)
    partner = accelerated if accelerated in checked else next(each for each in checked if each is not other)
    return Verdict(accelerated.residence, (other, partner))


def _index(source: Operand, indices: Sequence[Operand]) -> Verdict:
    stray = next((each for each in indices if each.device.type != "cpu" and each.device != source.device), None)
    if stray is None:
        return Verdict(source.residence)
    home = source if source.device.type != "cpu" else stray
    return Verdict(home.residence, (source, stray) if source.device.type == "cpu" else (stray, source))


def _index_put(operands: Sequence[Operand]) -> Verdict:
    target, indices, value = operands[0], operands[1:-1], operands[-1]
    verdict = _index(target, indices)
    if verdict.clash or value.device == target.device or value.is_host_scalar:
        return verdict
    masks = all(each.tensor.dtype in (torch.bool, torch.uint8) for each in indices)
    if masks and value.device.type == "cpu" and value.tensor.numel() == 1 and _same_device([target, *indices]):
        return verdict  # becomes masked_fill with a number
    return _exact([target, value], [target, value])


def _same_device(operands: Sequence[Operand]) -> bool:
    return len({each.device for each in operands}) == 1
