"""The device lattice: what may be known of where something is, and how it came there."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import libcst as cst

MAX_ALTERNATIVES = 4

AT_LEAST_ONE = -1
"""A rank that is not known but is not 0."""


class Where(enum.Enum):
    """The kinds of device knowledge."""

    UNKNOWN = "unknown"
    DEFAULT = "default"
    """The default device: made by a factory without `device=`."""
    HOST = "host"
    """Surely CPU memory."""
    LITERAL = "literal"
    """A device named in the code, such as `cuda:1`."""
    INPUT = "input"
    """The device of a parameter of this function, whichever that is."""
    MODULE = "module"
    """The device of this module's parameters."""
    KEPT = "kept"
    """Wherever the tensor was that a module's constructor was given and kept as it is: it does not move with it."""
    VARIABLE = "variable"
    """The device that a variable or attribute of the user's code holds."""


class How(enum.Enum):
    """How a value came to its device."""

    FACTORY = "factory"
    HOST_ONLY = "host-only factory"
    MOVE = "move"
    LOADER = "loader"
    ARGUMENT = "argument"
    MODULE = "module"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where and how a device was acquired; becomes a related place of a finding."""

    how: How
    node: cst.CSTNode
    note: str
    guarded: bool = False
    """Acquired under a condition that asks about devices, so it may never meet the others."""
    attribute: str | None = None
    """The attribute of `self` through which it came from another method."""
    attribute_node: cst.CSTNode | None = None
    placeholder: bool = False
    """A tensor of one number, which stands in until something else is assigned."""
    foreign: bool = False
    """Made in a function or statement of another file: `node` is where this one calls or names it."""
    like: frozenset[str] = frozenset()
    """Paths of tensors whose sizes or dtype it was made with: it is meant for their company."""


@dataclass(frozen=True, slots=True)
class Device:
    """One element of the device lattice; `name` is a device string or the user's expression for it."""

    where: Where
    name: str = ""
    origin: Origin | None = None
    rank: int | None = None
    """The rank on the path that has this device, where the paths differ in rank."""
    certain: bool = False
    """On the path that has this device the value is surely a tensor, where on others it may be something else."""
    by_company: bool = False
    """Nothing is known of the device but that another tensor was made to match one that is there."""

    @property
    def is_cpu_memory(self) -> bool:
        """On the CPU unless the user changed the default device."""
        return self.where in (Where.DEFAULT, Where.HOST) or (self.where is Where.LITERAL and self.name == "cpu")

    @property
    def stays_behind(self) -> bool:
        """On the CPU, or wherever it was before its module was moved."""
        return self.is_cpu_memory or self.where is Where.KEPT

    @property
    def is_of_input(self) -> bool:
        """Where a parameter of the function is, or may be."""
        passed = self.origin is not None and self.origin.how is How.ARGUMENT and self.origin.attribute is None
        return bool(self.name) and (self.where is Where.INPUT or (self.where is Where.UNKNOWN and passed))

    @property
    def is_elsewhere(self) -> bool:
        """On a device that the code chose or was handed: an accelerator whenever the user has one."""
        if self.where is Where.LITERAL:
            return self.name not in ("cpu", "meta")
        return self.where in (Where.INPUT, Where.MODULE, Where.VARIABLE)

    @property
    def is_sought(self) -> bool:
        """The code went to where an input is (`device=x.device`): it expects that to be elsewhere."""
        if self.origin is None or self.origin.how not in (How.FACTORY, How.MOVE):
            return False
        of_tensor = self.name.endswith(".device") and not self.name.startswith("self.")
        return self.where is Where.INPUT or (self.where is Where.VARIABLE and of_tensor)

    @property
    def is_accelerator(self) -> bool:
        """Surely on an accelerator."""
        return self.where is Where.LITERAL and self.name not in ("cpu", "meta")


NOWHERE = Device(Where.UNKNOWN)
Devices = tuple[Device, ...]
UNKNOWN_DEVICES: Devices = (NOWHERE,)


def join_devices(left: Devices, right: Devices) -> Devices:
    """The alternatives of both; too many become unknown."""
    if left == right:
        return left
    merged = dict.fromkeys(left + right)
    if len(merged) > 1:
        real = [device for device in merged if device.origin is None or not device.origin.placeholder]
        merged = dict.fromkeys(real or merged)
    if len(merged) > MAX_ALTERNATIVES:  # one of each kind is enough
        kinds = {_kind(device): device for device in reversed(merged)}
        merged = dict.fromkeys(reversed(kinds.values()))
    return tuple(merged) if len(merged) <= MAX_ALTERNATIVES else UNKNOWN_DEVICES


def _kind(device: Device) -> tuple[object, ...]:
    origin = device.origin
    how = (origin.how, origin.guarded, origin.attribute) if origin is not None else None
    return device.where, device.name, device.rank and 1, device.certain, how


def join_rank(left: int | None, right: int | None) -> int | None:
    """The rank that covers both."""
    if left == right:
        return left
    if left is None or right is None or 0 in (left, right):
        return None
    return AT_LEAST_ONE


def without_ranks(devices: Devices) -> Devices:
    """The devices of something computed from several alternatives, whose ranks are not known any more."""
    return tuple(dict.fromkeys(replace(device, rank=None) for device in devices))
