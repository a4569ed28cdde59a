"""From expressions that name a device to the device lattice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.flow.lattice import NOWHERE, Device, How, Origin, Where
from devlint.flow.values import UNKNOWN, Api, DeviceValue, Nothing, Number, Tensor, Text, Thing, Value
from devlint.model.torchapi import DEVICE_TYPES

if TYPE_CHECKING:
    import libcst as cst

    from devlint.flow.arguments import Argument
    from devlint.flow.frame import Frame

DEVICE_STRING = re.compile(r"^([a-z]+)(?::(0|[1-9]\d*))?$")
_DEVICE_NAME = re.compile(
    r"(^|_)(device|dev|gpu|cuda|rank|xpu|npu|mps)(_?id|_?ids|_?index|s|\d)?($|_)|device", re.IGNORECASE
)
_NOT_A_DEVICE = re.compile(r"dtype|use_|is_|has_|num_|no_|count|mesh|device_map|_type$", re.IGNORECASE)


def names_a_device(text: str | None) -> bool:
    """Whether an expression is called as people call devices (`self.device`, `args.gpu`, `local_rank`)."""
    if not text:
        return False
    last = text.rpartition(".")[2]
    return bool(_DEVICE_NAME.search(last)) and not _NOT_A_DEVICE.search(last)


def is_device_string(text: str, extra: frozenset[str] = frozenset()) -> bool:
    """Whether torch.device accepts it."""
    match = DEVICE_STRING.match(text)
    return match is not None and (match[1] in DEVICE_TYPES or match[1] in extra)


def literal(name: str, origin: Origin | None = None) -> Device:
    """The device that a device string names."""
    return Device(Where.HOST if name.partition(":")[0] == "cpu" else Where.LITERAL, name, origin)


def is_dtype(value: Value) -> bool:
    """Whether a value is a torch dtype, as far as that shows."""
    return isinstance(value, Api) and bool(
        re.match(r"^torch\.(b?float|u?int|double|half|long|short|bool|complex|quint|qint|uint)\w*$", value.name)
    )


def device_of(value: Value, text: str, frame: Frame, origin: Origin | None = None) -> Device:
    """The device that an argument names; `text` is its source, for what is known only by its name.

    None keeps the default device. What is not understood is a variable of the user's: a device of their choice.
    """
    if isinstance(value, DeviceValue):
        device = value.device
        if device.where is Where.UNKNOWN:
            return device if device.name else Device(Where.VARIABLE, text, origin)
        return Device(device.where, device.name, origin or device.origin)
    if isinstance(value, Text):
        name = value.constant or value.prefix
        return literal(name.rstrip(":"), origin) if name else Device(Where.VARIABLE, text, origin)
    if isinstance(value, Number) and value.constant is not None:
        return literal(f"cuda:{int(value.constant)}", origin)
    if isinstance(value, Nothing):
        return Device(Where.DEFAULT, "", origin)
    if isinstance(value, Tensor) and value.sure:
        first = value.devices[0]
        return Device(first.where, first.name, origin or first.origin)
    return Device(Where.VARIABLE, text, origin)


def moved_to(argument: Argument | None, text: str, frame: Frame, origin: Origin) -> Device | None:
    """Where `.to(argument)` sends its receiver: a device, NOWHERE if that does not show, None if it only casts."""
    if argument is None:
        return None
    value = argument.value
    if is_dtype(value) or isinstance(value, Nothing) or text.endswith("dtype"):
        return None
    if value is UNKNOWN and isinstance(frame.passed.get(text), Nothing):
        return NOWHERE  # the caller left it to the function, which asks something else for it
    if isinstance(value, (DeviceValue, Text, Number)):
        if isinstance(value, Text) and value.constant is not None and not is_device_string(value.constant):
            return NOWHERE
        return device_of(value, text, frame, origin)
    if isinstance(value, Thing) or value is UNKNOWN or isinstance(value, Tensor):
        if names_a_device(text):
            return Device(Where.VARIABLE, text, origin)
        if isinstance(value, Tensor) and value.sure:
            return device_of(value, text, frame, origin)
    return NOWHERE


DEFAULT_DEVICE = "the default device"
"""What a device is called that `with torch.device(...)` or `torch.set_default_device(...)` has chosen."""

_CHANGED, _CHOSEN = "default-device", "default-device="


def choose_default_device(value: Value, node: cst.BaseExpression, frame: Frame) -> None:
    """From here on, factories without `device=` obey a device."""
    text = frame.analysis.text_of(node)
    device = device_of(value, text, frame)
    kept = {guard for guard in frame.state.guards if not guard.startswith(_CHOSEN)}
    frame.state.guards = frozenset(kept | {_CHANGED} | ({_CHOSEN + text} if device.is_elsewhere else set()))


def chosen_default_device(node: cst.Call, short: str, frame: Frame) -> Device | None:
    """Where a factory puts its tensor by a choice that is seen, if that is no CPU."""
    text = next((guard.removeprefix(_CHOSEN) for guard in frame.state.guards if guard.startswith(_CHOSEN)), None)
    if text is None:
        return None
    note = f"`torch.{short}` makes it on the default device, which is `{text}` here"
    return Device(Where.VARIABLE, DEFAULT_DEVICE, Origin(How.FACTORY, node, note, frame.is_guarded))
