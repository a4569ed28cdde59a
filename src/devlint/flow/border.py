"""What crosses from one file into another: kinds and structure do, but not on which device something was made.

A finding needs a trigger in its own file, or the screen would have to read all that a file imports. So only devices
which the file itself brings about (inputs, modules, variables) are known on both sides.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from devlint.flow.devices import names_a_device
from devlint.flow.lattice import NOWHERE, Device, Devices, Where
from devlint.flow.values import DeviceValue, Instance, Mapping, Module, Sequence, Tensor, Thing, Value

if TYPE_CHECKING:
    from devlint.flow.arguments import Arguments
    from devlint.flow.frame import Frame

_CARRIED = frozenset({Where.INPUT, Where.MODULE, Where.VARIABLE})


def across(value: Value) -> Value:
    """A value as another file may see it."""
    if isinstance(value, Tensor):
        return replace(value, devices=_devices(value.devices))
    if isinstance(value, Module):
        return replace(value, devices=_devices(value.devices), weights=())
    if isinstance(value, Sequence):
        items = value.items and tuple(map(across, value.items))
        return replace(value, items=items, element=across(value.element))
    if isinstance(value, Mapping):
        items = tuple((key, across(item)) for key, item in value.items)
        return replace(value, items=items, element=across(value.element))
    if isinstance(value, Instance):
        return replace(
            value,
            devices=_devices(value.devices),
            fields=tuple((name, across(item)) for name, item in value.fields),
        )
    return replace(value, device=_device(value.device)) if isinstance(value, Thing) else value


def concerns_devices(value: Value) -> bool:
    """Whether a value is or holds something that is surely on a device, or names one."""
    if isinstance(value, Tensor):
        return value.sure and any(device.where is not Where.UNKNOWN for device in value.devices)
    if isinstance(value, (Module, DeviceValue)):
        return True
    if isinstance(value, (Sequence, Mapping)):
        return concerns_devices(value.join_of_items())
    return isinstance(value, Instance) and any(concerns_devices(item) for _, item in value.fields)


def matters_elsewhere(arguments: Arguments, frame: Frame) -> bool:
    """Whether it pays to know what a function of another file does with these arguments."""
    if any(concerns_devices(argument.value) for argument in arguments.each()):
        return True
    parameters = frame.function.parameters if frame.function is not None else ()
    return any(names_a_device(parameter.name) for parameter in parameters)


def _devices(devices: Devices) -> Devices:
    return tuple(dict.fromkeys(map(_device, devices)))


def _device(device: Device) -> Device:
    return device if device.where in _CARRIED else NOWHERE
