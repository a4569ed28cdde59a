"""Binding values to targets: names, attributes, elements, unpacking."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from devlint.flow.devices import names_a_device
from devlint.flow.events import AttributeSet
from devlint.flow.evidence import is_batch
from devlint.flow.lattice import Device, Where
from devlint.flow.subscripts import assign_subscript
from devlint.flow.values import (
    TEXT,
    UNKNOWN,
    DeviceValue,
    Instance,
    Mapping,
    Module,
    Number,
    Sequence,
    Shape,
    Tensor,
    Value,
)
from devlint.model.names import dotted

if TYPE_CHECKING:
    from devlint.flow.frame import Frame


def bind_target(target: cst.BaseExpression, value: Value, source: cst.BaseExpression, frame: Frame) -> None:
    """Assign `value`, which the expression `source` gave, to a target."""
    if isinstance(target, cst.Name):
        _bind_name(target.value, value, frame)
    elif isinstance(target, cst.Attribute):
        _bind_attribute(target, value, source, frame)
    elif isinstance(target, (cst.Tuple, cst.List)):
        _unpack(target, value, source, frame)
    elif isinstance(target, cst.Subscript):
        assign_subscript(target, value, source, frame)
    elif isinstance(target, cst.StarredElement):
        bind_target(target.value, Sequence("list", None, value), source, frame)


def named_device(value: Value, text: str) -> Value:
    """A device that is not known is, from now on, the device held by the variable."""
    if isinstance(value, DeviceValue) and value.device.where is Where.UNKNOWN and not value.device.name:
        return replace(value, device=Device(Where.VARIABLE, text))
    return value


def _bind_name(name: str, value: Value, frame: Frame) -> None:
    value = named_device(value, name)
    if name in frame.globals:
        frame.unit.env[name] = value
    frame.state.set(name, value)


def _bind_attribute(target: cst.Attribute, value: Value, source: cst.BaseExpression, frame: Frame) -> None:
    path = dotted(target)
    owner = frame.evaluate(target.value)
    if path is not None:
        value = named_device(value, path)
        frame.state.set(path, value)
    if isinstance(owner, (Module, Instance)) and owner.is_self and frame.cls is not None:
        frame.analysis.record_attribute(frame, target.attr.value, value, target, source)
        frame.emit(AttributeSet(target, frame, frame.cls, target.attr.value, value, source))


def _unpack(target: cst.Tuple | cst.List, value: Value, source: cst.BaseExpression, frame: Frame) -> None:
    elements = target.elements
    star = next((i for i, element in enumerate(elements) if isinstance(element, cst.StarredElement)), None)
    items = value.items if isinstance(value, Sequence) else None
    sources: list[cst.BaseExpression] = [source] * len(elements)
    if isinstance(source, (cst.Tuple, cst.List)) and len(source.elements) == len(elements):
        sources = [element.value for element in source.elements]
    if items is not None and star is None and len(items) == len(elements):
        for element, item, origin in zip(elements, items, sources, strict=True):
            bind_target(element.value, item, origin, frame)
        return
    if items is not None and star is not None and len(items) >= len(elements) - 1:
        after = len(elements) - star - 1
        middle = items[star : len(items) - after]
        spread = [*items[:star], Sequence("list", middle), *items[len(items) - after :]]
        for element, item in zip(elements, spread, strict=True):
            bind_target(element.value, item, source, frame)
        return
    each = value if is_batch(value) else part_of(value)
    for element, origin in zip(elements, sources, strict=True):
        if isinstance(element, cst.StarredElement):
            bind_target(element.value, Sequence("list", None, each), origin, frame)
        else:
            bind_target(element.value, each, origin, frame)


def forget_what_is_moved(call: cst.Call, frame: Frame) -> None:
    """`to_device(batch, device)`: a helper that is told a device, and gives nothing back, moves what it is handed."""
    paths = [path for path in (dotted(argument.value) for argument in call.args) if path is not None]
    if not any(isinstance(frame.state.env.get(path), DeviceValue) or names_a_device(path) for path in paths):
        return
    for path in paths:
        value = frame.state.env.get(path)
        if isinstance(value, (Sequence, Mapping)) or (value is not None and is_batch(value)):
            frame.state.set(path, UNKNOWN)


def part_of(value: Value) -> Value:
    """What one part of a value that is unpacked or iterated over is."""
    if isinstance(value, Sequence):
        return value.join_of_items()
    if isinstance(value, Mapping):
        return TEXT
    if isinstance(value, Shape):
        return Number(owner=value.owner)
    if isinstance(value, Tensor):
        rank = value.rank - 1 if value.rank is not None and value.rank > 0 else None
        return Tensor(value.devices, rank, value.sure, via=value.via)
    if isinstance(value, Module):
        return Module(value.devices)
    return UNKNOWN
