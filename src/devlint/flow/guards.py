"""What a condition asks, and what is known where it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import libcst as cst

from devlint.flow.values import (
    MAYBE_TENSOR,
    NONE,
    UNKNOWN,
    Api,
    Class,
    DeviceValue,
    Instance,
    Module,
    Nothing,
    Number,
    Sequence,
    Tensor,
    Text,
    Thing,
    Value,
)
from devlint.model.annotations import Hint, classify
from devlint.model.names import dotted

if TYPE_CHECKING:
    from devlint.flow.frame import Frame

_ABOUT_DEVICES = re.compile(
    r"cuda|(?<![a-z])n?gpus?(?![a-z])|(?-i:GPU)|device|is_available|(?<![a-z])(cpu|mps|xpu|npu|hpu|tpu|xla|nccl|meta|rocm|hip|mlu)(?![a-z])"
    r"|offload|world_size|parallel|current_accelerator|onnx_export|is_(?:onnx_)?exporting|is_tracing|isinstance\([^()]*Tensor|is_tensor\(",
    re.IGNORECASE,
)
_PROGRAM = re.compile(r"\b__name__\s*==\s*[\"']__main__[\"']")
_IS_CUDA = re.compile(r"([\w.]+)\.is_cuda\b|([\w.]+)\.device\.type\s*==\s*[\"']cuda[\"']")


@dataclass(frozen=True, slots=True)
class Condition:
    """`tags`: what it asks about, "device" or nothing; `when_true`, `when_false`: paths whose value it settles.

    `outcome`: what it surely is, so that the other branch is not reached.
    """

    tags: frozenset[str] = frozenset()
    when_true: dict[str, Value] = field(default_factory=dict)
    when_false: dict[str, Value] = field(default_factory=dict)
    outcome: bool | None = None
    about: frozenset[str] = frozenset()
    """Guards that say nothing of devices: VERSION_TAG, if it asks what this PyTorch has."""

    @property
    def guards(self) -> frozenset[str]:
        """What is in force in both branches."""
        return self.tags | self.about

    def negated(self) -> Condition:
        """The condition of the other branch."""
        outcome = None if self.outcome is None else not self.outcome
        return replace(self, when_true=self.when_false, when_false=self.when_true, outcome=outcome)


DEVICE_TAG = frozenset({"device"})
AVAILABLE_TAG = frozenset({"available"})
"""All that is asked is what the machine has."""
_IS_AVAILABLE = re.compile(r"(?:[\w.]+\.)?(?:cuda|xpu|mps|accelerator)\.is_available\(\s*\)")
VERSION_TAG = frozenset({"version"})
_ABOUT_VERSIONS = re.compile(r"version|hasattr\(\s*torch|(?<![a-z])torch_?(?:ge|gt|le|lt)?_?\d", re.IGNORECASE)
PAST_TAG = frozenset({"device-past"})
"""Whoever wrote this has thought about devices, but what is acquired here is no answer to a question about them."""


def read_condition(node: cst.BaseExpression, value: Value, frame: Frame) -> Condition:
    """The condition that a test expression states; `value` is what it evaluated to."""
    # Of a long chain of `and`, each part was asked when it was the left one.
    inner = (
        node.right if isinstance(node, cst.BooleanOperation) and isinstance(node.left, cst.BooleanOperation) else node
    )
    text = frame.analysis.source_of(inner)
    tags = DEVICE_TAG if _asks_about_devices(text, value) else frozenset()
    if tags:
        whole = text if inner is node else frame.analysis.source_of(node)
        tags |= {f"is_cuda:{match[1] or match[2]}" for match in _IS_CUDA.finditer(whole)}
        tags |= AVAILABLE_TAG if _IS_AVAILABLE.fullmatch(whole) else frozenset()
    elif _PROGRAM.search(text):
        tags = PAST_TAG
    about = VERSION_TAG if _ABOUT_VERSIONS.search(text) else frozenset()
    return replace(_read(node, tags, frame), about=about)


def asks_about_devices(text: str) -> bool:
    """Whether source text speaks of devices."""
    return bool(_ABOUT_DEVICES.search(text))


def _asks_about_devices(text: str, value: Value) -> bool:
    if isinstance(value, Number) and value.about_device:
        return True
    if isinstance(value, (DeviceValue,)) or (isinstance(value, Text) and value.of_device):
        return True
    return bool(_ABOUT_DEVICES.search(text))


def _read(node: cst.BaseExpression, tags: frozenset[str], frame: Frame) -> Condition:
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
        return _read(node.expression, tags, frame).negated()
    if isinstance(node, cst.BooleanOperation):
        return _read_boolean(node, tags, frame)
    if isinstance(node, cst.Comparison) and len(node.comparisons) == 1:
        return _read_comparison(node, tags, frame)
    if isinstance(node, cst.Call):
        return _read_call(node, tags, frame)
    path = dotted(node)
    if path is not None and frame.state.env.get(path) is not None:
        return Condition(tags, when_false=_if_none(path, frame), outcome=_outcome(path, frame))
    return Condition(tags)


def _outcome(path: str, frame: Frame) -> bool | None:
    """What a variable is as a condition, if that is known: None, or a flag that nothing has changed yet."""
    if _is_none(path, frame):
        return False
    value = frame.state.env.get(path)
    if isinstance(value, Number) and value.constant is not None and not value.about_device and "." not in path:
        return bool(value.constant)
    return None


def _is_none(path: str, frame: Frame) -> bool:
    """Whether a variable is None; an attribute may have been changed by a call in between."""
    return "." not in path and isinstance(frame.state.env.get(path), Nothing)


def _if_none(path: str, frame: Frame) -> dict[str, Value]:
    """A falsy object of unknown kind may well be None; a number or string is not replaced."""
    value = frame.state.env.get(path)
    return {path: NONE} if isinstance(value, Tensor) and not value.sure else {}


def _read_boolean(node: cst.BooleanOperation, tags: frozenset[str], frame: Frame) -> Condition:
    left, right = _read(node.left, tags, frame), _read(node.right, tags, frame)
    if isinstance(node.operator, cst.Or):
        left, right = left.negated(), right.negated()
    settled = {left.outcome, right.outcome}
    outcome = False if False in settled else True if settled == {True} else None
    both = Condition(tags, {**left.when_true, **right.when_true}, outcome=outcome)
    return both if isinstance(node.operator, cst.And) else both.negated()


def _read_comparison(node: cst.Comparison, tags: frozenset[str], frame: Frame) -> Condition:
    target = node.comparisons[0]
    path = dotted(node.left)
    if path is None or not (isinstance(target.comparator, cst.Name) and target.comparator.value == "None"):
        return Condition(tags)
    is_none = Condition(tags, {path: NONE}, _without_none(path, frame), True if _is_none(path, frame) else None)
    if isinstance(target.operator, (cst.Is, cst.Equal)):
        return is_none
    return is_none.negated() if isinstance(target.operator, (cst.IsNot, cst.NotEqual)) else Condition(tags)


def _without_none(path: str, frame: Frame) -> dict[str, Value]:
    value = frame.state.env.get(path)
    return {path: MAYBE_TENSOR} if isinstance(value, Nothing) else {}


def _read_call(node: cst.Call, tags: frozenset[str], frame: Frame) -> Condition:
    """`isinstance(x, torch.Tensor)`, `torch.is_tensor(x)` and their like."""
    name = dotted(node.func) or ""
    last = name.rpartition(".")[2]
    if not node.args:
        return Condition(tags)
    path = dotted(node.args[0].value)
    if path is None:
        return Condition(tags)
    value = frame.look_up(path) if "." not in path else frame.state.env.get(path)
    if last == "isinstance" and len(node.args) == 2:
        kind = frame.evaluate(node.args[1].value)
        if isinstance(kind, Class) and not kind.model.is_module:
            return Condition(tags, {path: Instance(kind.model)})
        return _read_isinstance(node.args[1].value, path, value, tags)
    if last == "hasattr" and not isinstance(value, (Tensor, Api, Module, Instance, Class)):
        return Condition(tags, {path: UNKNOWN})
    if last in ("is_tensor", "is_torch_tensor"):
        return Condition(tags, {path: _as_tensor(value)}, {path: UNKNOWN})
    return Condition(tags)


def _read_isinstance(kinds: cst.BaseExpression, path: str, value: Value | None, tags: frozenset[str]) -> Condition:
    many = isinstance(kinds, cst.Tuple)
    nodes = [element.value for element in kinds.elements] if isinstance(kinds, cst.Tuple) else [kinds]
    hints = {classify(node) for node in nodes}
    if hints == {Hint.TENSOR}:
        return Condition(tags, {path: _as_tensor(value)}, {path: UNKNOWN})
    if Hint.TENSOR in hints or Hint.UNKNOWN in hints or many:
        return Condition(tags, {path: UNKNOWN} if Hint.TENSOR not in hints else {})
    if isinstance(value, Tensor) and value.sure:
        return Condition(tags, outcome=False)
    known = {Hint.NUMBER: Number(), Hint.TEXT: Text(), Hint.ARRAY: Thing("array"), Hint.OTHER: UNKNOWN}
    hint = hints.pop()
    if hint not in known:
        return Condition(tags)
    # In the other branch, what an annotation said it was is just what it is not.
    contradicts = type(value) is type(known[hint]) and value is not UNKNOWN
    return Condition(tags, {path: known[hint]}, {path: UNKNOWN} if contradicts else {})


def _as_tensor(value: Value | None) -> Value:
    return replace(value, sure=True) if isinstance(value, Tensor) else Tensor()


def guarded(value: Value) -> Value:
    """The value after a question about devices, one answer to which moved or made it: it is where it belongs."""
    if isinstance(value, Sequence):
        items = value.items and tuple(map(guarded, value.items))
        return replace(value, items=items, element=guarded(value.element), sites=())
    if not isinstance(value, Tensor):
        return value
    devices = tuple(
        replace(device, origin=replace(device.origin, guarded=True)) if device.origin is not None else device
        for device in value.devices
    )
    return replace(value, devices=devices)
