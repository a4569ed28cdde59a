"""What the interpreter knows of a value: its kind and, for what lives in memory, the devices it may be on.

Every value is immutable and hashable. Unknown is a value like any other, and never causes a finding.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from devlint.flow.lattice import NOWHERE, UNKNOWN_DEVICES, Device, Devices, Where, join_devices, join_rank

if TYPE_CHECKING:
    from collections.abc import Callable

    import libcst as cst

    from devlint.flow.arguments import Argument
    from devlint.model.classes import ClassModel
    from devlint.model.functions import FunctionModel

MAX_ITEMS = 32
MAX_SITES = 8


@dataclass(frozen=True, slots=True)
class Value:
    """Base class; also the type of the unknown value."""


UNKNOWN = Value()


@dataclass(frozen=True, slots=True)
class Api(Value):
    """Something imported, by its qualified name (`torch.zeros`); relative imports keep their leading dots."""

    name: str
    home: str = ""
    """The file that imports it, where it may be of the same project."""


@dataclass(frozen=True, slots=True)
class Number(Value):
    """A Python number or bool. `about_device`: it answers a question about devices (`torch.cuda.is_available()`)."""

    constant: float | None = None
    about_device: bool = False
    owner: str = ""
    """The path of the tensor one of whose sizes it is."""


@dataclass(frozen=True, slots=True)
class Text(Value):
    """A string; `prefix` is the known start of one that is built (`f"cuda:{rank}"`)."""

    constant: str | None = None
    prefix: str = ""
    of_device: bool = False
    """It is `str(device)` or the like."""


@dataclass(frozen=True, slots=True)
class Nothing(Value):
    """None."""


@dataclass(frozen=True, slots=True)
class Shape(Value):
    """A size, dtype or layout: host data read off a tensor, whose path is `owner`."""

    owner: str = ""


@dataclass(frozen=True, slots=True)
class DeviceValue(Value):
    """A torch.device (`is_object`) or something that can name a device and whose type is not known."""

    device: Device
    is_object: bool = False


@dataclass(frozen=True, slots=True)
class Tensor(Value):
    """A tensor or, where not `sure`, something that may be one (a parameter, the result of an unknown call).

    `devices`: the alternatives, one for each path that led here. `rank`: number of dimensions, AT_LEAST_ONE, or None.
    """

    devices: Devices = UNKNOWN_DEVICES
    rank: int | None = None
    sure: bool = True
    parameter: bool = False
    """It is an nn.Parameter."""
    mask: bool = False
    """It is the result of a comparison."""
    via: str = ""
    """Where not `sure`: the path which, once proven a tensor, proves this one (`x` for `x.pow(2)`)."""
    learns: bool = False
    """It surely requires a gradient, where autograd is on."""


@dataclass(frozen=True, slots=True)
class Distribution(Value):
    """A `torch.distributions` object; `devices` and `rank` are those of what is drawn from it."""

    devices: Devices = UNKNOWN_DEVICES
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Partial(Value):
    """A callable together with arguments that were given to it already (`functools.partial`)."""

    callee: Value
    positional: tuple[Argument, ...] = ()
    keywords: tuple[tuple[str, Argument], ...] = ()


@dataclass(frozen=True, slots=True)
class Module(Value):
    """An nn.Module; `cls` is the class model of this file or a qualified name."""

    devices: Devices = UNKNOWN_DEVICES
    cls: ClassModel | str | None = None
    is_self: bool = False
    weights: Devices = ()
    """Devices of the tensors given to a loss's constructor (`weight=`)."""


@dataclass(frozen=True, slots=True)
class Instance(Value):
    """An object of a class of this file that is no module."""

    cls: ClassModel
    is_self: bool = False
    fields: tuple[tuple[str, Value], ...] = ()
    """What a record's constructor was given."""
    devices: Devices = UNKNOWN_DEVICES
    """Where the tensors are that a record's body announces."""


@dataclass(frozen=True, slots=True)
class Thing(Value):
    """An object of a library class that matters by its kind: an optimizer, a loader, a data set, a numpy array ..."""

    kind: str
    device: Device = NOWHERE
    origin: cst.CSTNode | None = None
    item: Value | None = None
    """What looping over it gives, where that is known."""


@dataclass(frozen=True, slots=True)
class Sequence(Value):
    """A list, tuple or set; `items` where each is known, else None and `element` is their join.

    `names`: those of the items of a named tuple.
    """

    kind: str
    items: tuple[Value, ...] | None = None
    element: Value = UNKNOWN
    names: tuple[str, ...] = ()
    promised: bool = False
    """Only an annotation says that it is one."""
    sites: tuple[tuple[cst.BaseExpression, Value], ...] = ()
    """The expressions that put elements into it, and what each gave, where `items` are not known."""

    def join_of_items(self) -> Value:
        """What an element of it is."""
        if self.items is None:
            return self.element
        return join_all(self.items) if self.items else UNKNOWN


@dataclass(frozen=True, slots=True)
class Mapping(Value):
    """A dict; `items` holds the constant keys that are known."""

    items: tuple[tuple[str, Value], ...] = ()
    element: Value = UNKNOWN
    closed: bool = True
    """No other keys than `items`."""
    promised: bool = False
    """Only an annotation says that it is one."""

    def get(self, key: str) -> Value:
        """The value under a constant key."""
        return dict(self.items).get(key, self.element)

    def join_of_items(self) -> Value:
        """What a value of it is."""
        values = [value for _, value in self.items]
        if not self.closed or not values:
            values.append(self.element)
        return join_all(values)


@dataclass(frozen=True, slots=True)
class Function(Value):
    """A function or lambda; `owner` is what it is bound to, `by_name` that it is called by an imported name."""

    model: FunctionModel
    owner: Value | None = None
    by_name: bool = False


@dataclass(frozen=True, slots=True)
class Class(Value):
    """A class of this file."""

    model: ClassModel


@dataclass(frozen=True, slots=True)
class TupleType(Value):
    """What `collections.namedtuple` makes: a class whose objects are tuples with these names."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Method(Value):
    """An attribute of a value, not called yet: `x.to`."""

    receiver: Value
    name: str
    node: cst.CSTNode


@dataclass(frozen=True, slots=True)
class Super(Value):
    """`super()` in a method of `cls`."""

    cls: ClassModel


NONE = Nothing()
NUMBER = Number()
TEXT = Text()
SHAPE = Shape()
MAYBE_TENSOR = Tensor(sure=False)


def join(left: Value, right: Value) -> Value:
    """The least value that covers both; None is absorbed (`mask = None` or a tensor is a tensor, maybe)."""
    if left is right or left == right:
        return left
    if isinstance(left, Nothing) or isinstance(right, Nothing):
        return right if isinstance(left, Nothing) else left
    if type(left) is not type(right):
        return _join_kinds(left, right)
    joiner = _JOINERS.get(type(left))
    return joiner(left, right) if joiner else UNKNOWN


def _join_kinds(left: Value, right: Value) -> Value:
    """Tensors keep their devices beside an unknown alternative, as something that may be a tensor."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Tensor) and type(other) in (Value, Number):
            mine = _with_certainty(one)
            devices = mine if isinstance(other, Number) else join_devices(mine, UNKNOWN_DEVICES)
            return replace(one, devices=devices, sure=False)
        if isinstance(one, Api):
            return one if type(other) is Value else UNKNOWN
        if isinstance(one, DeviceValue) and isinstance(other, Text):
            return DeviceValue(NOWHERE)
    return UNKNOWN


def no_stand_in(value: Value) -> Value:
    """A value that is chosen, by an expression, where there is no other: it does not wait for another one."""
    if not isinstance(value, Tensor) or not any(
        each.origin is not None and each.origin.placeholder for each in value.devices
    ):
        return value
    devices = (
        replace(device, origin=replace(device.origin, placeholder=False)) if device.origin is not None else device
        for device in value.devices
    )
    return replace(value, devices=tuple(devices))


def _with_certainty(value: Tensor) -> Devices:
    return _marked(value.devices, certain=True) if value.sure else value.devices


def _with_rank(value: Tensor) -> Tensor:
    if value.rank is None:
        return value
    return replace(value, devices=_marked(value.devices, rank=min(value.rank, 1)))


def _marked(devices: Devices, **knowledge: Any) -> Devices:
    """The devices with what is known of the path that has each; of an unknown one nothing is of use."""
    return tuple(
        device if device.where is Where.UNKNOWN and device.origin is None else replace(device, **knowledge)
        for device in devices
    )


def _join_tensors(left: Tensor, right: Tensor) -> Value:
    if left.rank != right.rank and {left.rank, right.rank} & {None, 0}:
        left, right = _with_rank(left), _with_rank(right)
    same = left.sure == right.sure
    return Tensor(
        join_devices(left.devices, right.devices)
        if same
        else join_devices(_with_certainty(left), _with_certainty(right)),
        join_rank(left.rank, right.rank),
        left.sure and right.sure,
        left.parameter and right.parameter,
        left.mask and right.mask,
        left.via if left.via == right.via else "",
        left.learns and right.learns,
    )


def _join_modules(left: Module, right: Module) -> Value:
    return Module(
        join_devices(left.devices, right.devices),
        left.cls if left.cls == right.cls else None,
        left.is_self and right.is_self,
        join_devices(left.weights, right.weights),
    )


def _join_sequences(left: Sequence, right: Sequence) -> Value:
    kind = left.kind if left.kind == right.kind else "sequence"
    promised = left.promised or right.promised
    if left.items is not None and right.items is not None and len(left.items) == len(right.items):
        names = left.names if left.names == right.names else ()
        return Sequence(kind, tuple(map(join, left.items, right.items)), names=names, promised=promised)
    filled = [each.join_of_items() for each in (left, right) if each.items != ()]
    return Sequence(kind, None, join_all(filled), promised=promised, sites=merge_sites(left, right))


def merge_sites(left: Sequence, right: Sequence) -> tuple[tuple[cst.BaseExpression, Value], ...]:
    """The places that filled either; none if those of one are not known."""
    if any(each.items != () and not each.sites for each in (left, right)):
        return ()
    merged = dict(left.sites)
    for node, value in right.sites:
        merged[node] = join(merged[node], value) if node in merged else value
    return tuple(merged.items()) if len(merged) <= MAX_SITES else ()


def _join_mappings(left: Mapping, right: Mapping) -> Value:
    mine, theirs = dict(left.items), dict(right.items)
    both = {key: join(value, theirs[key]) for key, value in mine.items() if key in theirs}
    items = {**mine, **theirs, **both}
    element = left.element if left.element == right.element else UNKNOWN
    known = tuple(items.items())[:MAX_ITEMS]
    return Mapping(known, element, left.closed and right.closed, left.promised or right.promised)


def _join_devices_of(left: DeviceValue, right: DeviceValue) -> Value:
    return DeviceValue(left.device if left.device == right.device else NOWHERE, left.is_object and right.is_object)


def _join_numbers(left: Number, right: Number) -> Value:
    return Number(None, left.about_device or right.about_device)


def _join_texts(left: Text, right: Text) -> Value:
    return Text(None, left.prefix if left.prefix == right.prefix else "", left.of_device and right.of_device)


def _join_instances(left: Instance, right: Instance) -> Value:
    if left.cls is not right.cls:
        return UNKNOWN
    mine, theirs = dict(left.fields), dict(right.fields)
    fields = tuple((name, join(mine[name], theirs[name])) for name in mine if name in theirs)
    return Instance(left.cls, left.is_self and right.is_self, fields, join_devices(left.devices, right.devices))


def _join_things(left: Thing, right: Thing) -> Value:
    return Thing(left.kind) if left.kind == right.kind else UNKNOWN


_JOINERS: dict[type[Value], Callable[..., Value]] = {
    Tensor: _join_tensors,
    Module: _join_modules,
    Sequence: _join_sequences,
    Mapping: _join_mappings,
    DeviceValue: _join_devices_of,
    Number: _join_numbers,
    Text: _join_texts,
    Thing: _join_things,
    Instance: _join_instances,
}


def join_all(values: list[Value] | tuple[Value, ...]) -> Value:
    """The join of several; unknown when there is none."""
    if not values:
        return UNKNOWN
    result = values[0]
    for value in values[1:]:
        result = join(result, value)
    return result
