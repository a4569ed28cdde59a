"""What crosses from one file into another: kinds and structure, and devices as far as the screen can tell.

A finding needs a trigger in its own file, or the name of something imported that makes tensors (`project/makers.py`).
So on which device something was made is known of what such functions and constants hand out; from all else, only
devices which the file itself brings about (inputs, modules, variables) are known on both sides.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from devlint.flow.lattice import NOWHERE, Device, Devices, Origin, Where
from devlint.flow.values import Api, Instance, Mapping, Module, Sequence, Tensor, Thing, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    import libcst as cst

    from devlint.flow.arguments import Arguments
    from devlint.flow.frame import Frame

_CARRIED = frozenset({Where.INPUT, Where.MODULE, Where.VARIABLE})


def across(value: Value) -> Value:
    """A value as another file may see it."""
    return _with_devices(value, _carried)


def brought(value: Value, node: cst.CSTNode, name: str) -> Value:
    """A value that a maker in another file hands out: made, for this file, where it names the maker."""
    return _with_devices(value, lambda device: _brought(device, node, name))


def _with_devices(value: Value, change: Callable[[Device], Device]) -> Value:
    """The value with all devices in it changed; modules are carried, never brought."""

    def each(value: Value) -> Value:
        return _with_devices(value, change)

    if isinstance(value, Tensor):
        return replace(value, devices=_devices(value.devices, change))
    if isinstance(value, Module):
        return replace(value, devices=_devices(value.devices, _carried), weights=())
    if isinstance(value, Sequence):
        items = value.items and tuple(map(each, value.items))
        return replace(value, items=items, element=each(value.element))
    if isinstance(value, Mapping):
        pairs = tuple((key, each(item)) for key, item in value.items)
        return replace(value, items=pairs, element=each(value.element))
    if isinstance(value, Instance):
        fields = tuple((name, each(item)) for name, item in value.fields)
        return replace(value, devices=_devices(value.devices, _carried), fields=fields)
    return replace(value, device=_carried(value.device)) if isinstance(value, Thing) else value


def may_clash(value: Value) -> bool:
    """Whether a value is or holds a tensor that was made or moved here, which may meet others where it is handed to."""
    if isinstance(value, Tensor):
        return any(device.is_cpu_memory or device.is_accelerator for device in value.devices)
    if isinstance(value, (Sequence, Mapping)):
        return may_clash(value.join_of_items())
    return isinstance(value, Instance) and any(may_clash(item) for _, item in value.fields)


def matters_elsewhere(callee: Api, arguments: Arguments, frame: Frame) -> bool:
    """Whether it pays to know what a function of another file does with these arguments.

    What becomes of inputs is not asked: that the result is where they are is as good as known.
    """
    if frame.analysis.is_maker(callee) or any(may_clash(argument.value) for argument in arguments.each()):
        return True
    own = frame.function.parameters if frame.function is not None else ()
    return any(parameter.name == "device" for parameter in own) and frame.analysis.takes_device(callee)


def _devices(devices: Devices, change: Callable[[Device], Device]) -> Devices:
    return tuple(dict.fromkeys(map(change, devices)))


def _carried(device: Device) -> Device:
    return device if device.where in _CARRIED else NOWHERE


def _brought(device: Device, node: cst.CSTNode, name: str) -> Device:
    origin = device.origin
    if device.where in _CARRIED or origin is None:
        return _carried(device)
    note = f"`{name}`, in another file, brings it: {origin.note}" if not origin.foreign else origin.note
    return replace(device, origin=Origin(origin.how, node, note, origin.guarded, foreign=True))
