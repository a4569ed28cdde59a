"""Transfer functions of attribute access: what `value.name` is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from devlint.flow.annotated import value_of_annotation
from devlint.flow.arguments import Arguments
from devlint.flow.devices import names_a_device
from devlint.flow.evidence import root_path
from devlint.flow.lattice import NOWHERE, UNKNOWN_DEVICES, Device, How, Origin, Where, join_devices
from devlint.flow.values import (
    NUMBER,
    SHAPE,
    UNKNOWN,
    Api,
    Class,
    DeviceValue,
    Distribution,
    Function,
    Instance,
    Mapping,
    Method,
    Module,
    Number,
    Sequence,
    Shape,
    Super,
    Tensor,
    Text,
    Thing,
    Value,
    join_all,
)
from devlint.model.annotations import Hint
from devlint.model.classes import Record
from devlint.model.names import dotted
from devlint.model.torchapi import NN_MODULES, TENSOR_ATTRIBUTES, TENSOR_ONLY_ATTRIBUTES, canonical
from devlint.model.torchapi.schema import Returns

if TYPE_CHECKING:
    from collections.abc import Callable

    from devlint.flow.analysis import Fact
    from devlint.flow.frame import Frame
    from devlint.model.classes import ClassModel

_DEVICE_ATTRIBUTES = frozenset({"device", "_device", "execution_device", "_execution_device"})
_MODULE_PARAMETERS = frozenset({"weight", "bias"})
_ARRAYS_OF_ARRAY = frozenset({"T", "mT", "real", "imag", "flat", "base"})


def evaluate_attribute(node: cst.Attribute, frame: Frame) -> Value:
    """`value.name`, where it is not the function of a call."""
    path = dotted(node)
    if path is not None:
        known = frame.state.env.get(path)
        if known is not None:
            return known
    value = frame.evaluate(node.value)
    return attribute_of(value, node.attr.value, node, frame)


def attribute_of(value: Value, name: str, node: cst.Attribute, frame: Frame) -> Value:
    """The attribute of a value, by the value's kind."""
    handler = _HANDLERS.get(type(value))
    if handler is not None:
        return handler(value, name, node, frame)
    if name in _DEVICE_ATTRIBUTES:
        return DeviceValue(Device(Where.VARIABLE, dotted(node) or name))
    if name == "grad":
        return _gradient(node)
    if name in ("shape", "dtype"):
        return Shape(root_path(node.value) or "")
    if name in _MODULE_PARAMETERS and frame.cls is not None and frame.cls.is_module:
        path = dotted(node) or ""
        if path.startswith("self.") and path.count(".") == 2:
            # `self.layer.weight`, where the layer was made by something unknown: still this module's parameter.
            return Tensor(frame.analysis.module_devices(frame.cls), None, parameter=True)
    return UNKNOWN


def _gradient(node: cst.Attribute) -> Value:
    """`p.grad` of something unknown: a tensor, where the parameter is."""
    path = dotted(node.value)
    if path is None:
        return UNKNOWN
    origin = Origin(How.MODULE, node, f"the gradient of `{path}` is where `{path}` is")
    return Tensor((Device(Where.VARIABLE, f"{path}.device", origin),))


def _of_api(value: Api, name: str, node: cst.Attribute, frame: Frame) -> Value:
    full = canonical(f"{value.name}.{name}")
    if name in _DEVICE_ATTRIBUTES and full != "torch.device" and not full.startswith("torch."):
        return DeviceValue(Device(Where.VARIABLE, dotted(node) or name))
    return frame.analysis.resolve(Api(full, value.home), node) if value.home else Api(full)


def _of_tensor(value: Tensor, name: str, node: cst.Attribute, frame: Frame) -> Value:
    if name in TENSOR_ONLY_ATTRIBUTES:
        frame.prove(dotted(node.value))
    if name == "device":
        frame.device_bearing.add(root_path(node.value) or "")
        return DeviceValue(_device_of_alternatives(value, dotted(node) or "the tensor"), is_object=value.sure)
    kind = TENSOR_ATTRIBUTES.get(name)
    if name == "grad" and not value.sure:
        return _gradient(node)
    if kind is Returns.TENSOR:
        return replace(value, parameter=False, learns=value.learns and name not in ("data", "grad"))
    if kind is Returns.NUMBER:
        return Number(about_device=name.startswith("is_") and name not in ("is_leaf", "is_sparse", "is_nested"))
    if kind is not None:
        return Shape(root_path(node.value) or "")
    if value.sure:
        return Method(value, name, node)
    return Tensor(value.devices, None, sure=False)


def _device_of_alternatives(value: Tensor, text: str) -> Device:
    first = value.devices[0]
    if len(value.devices) > 1:
        somewhere = any(device.stays_behind for device in value.devices)
        return Device(Where.UNKNOWN if somewhere else Where.VARIABLE, text)
    return first if first.where is not Where.UNKNOWN else Device(Where.VARIABLE, text)


def _of_module(value: Module, name: str, node: cst.Attribute, frame: Frame) -> Value:
    cls = value.cls
    if cls is not None and not isinstance(cls, str):
        found = of_class(cls, name, value, node, frame)
        if found is not None:
            return found
    if name in _DEVICE_ATTRIBUTES:
        return DeviceValue(_module_device(value, node), is_object=False)
    if name in ("dtype", "training"):
        return SHAPE if name == "dtype" else NUMBER
    if name in _MODULE_PARAMETERS and isinstance(cls, str) and cls in NN_MODULES:
        return Tensor(value.devices, None, sure=True, parameter=True)
    if names_a_device(name):
        return DeviceValue(Device(Where.VARIABLE, dotted(node) or name))
    if value.is_self:
        return UNKNOWN
    return Tensor(value.devices, None, sure=False)


def _module_device(value: Module, node: cst.Attribute) -> Device:
    first = value.devices[0] if value.devices else NOWHERE
    return first if first.where is not Where.UNKNOWN else Device(Where.VARIABLE, dotted(node) or "device")


def of_class(cls: ClassModel, name: str, value: Value, node: cst.Attribute, frame: Frame) -> Value | None:
    """What an instance's attribute is by the class of this file: its methods, its properties, what methods assign."""
    method = cls.method(name)
    if method is not None:
        if method.is_property:
            if names_a_device(name):
                return DeviceValue(Device(Where.VARIABLE, dotted(node) or name))
            return frame.analysis.call(Function(method, value), Arguments(), node, frame)
        return Function(method, None if method.is_static else value)
    if isinstance(value, Instance) and not value.is_self and cls.record is not Record.NONE:
        return _of_record(cls, name, value, frame)
    facts = frame.analysis.facts_of(cls, name)
    if frame.in_constructor:  # what other methods assign is not there yet
        facts = [fact for fact in facts if fact.method is None or fact.method.is_constructor or fact.registered]
    if facts:
        found = join_all([_through_attribute(_kept(fact, cls), name, fact.node, frame) for fact in facts])
        return _agreed(_at_owner(found, value))
    return _declared_attribute(cls, name, value)


def _at_owner(value: Value, owner: Value) -> Value:
    """What moves with its module is where this instance of the class is, unless that is `self`: it may be anywhere."""
    if not isinstance(owner, Module) or owner.is_self or not isinstance(value, (Tensor, Module)):
        return value
    others = tuple(device for device in value.devices if device.where is not Where.MODULE)
    if len(others) == len(value.devices):
        return value
    return replace(value, devices=join_devices(owner.devices or UNKNOWN_DEVICES, others))


def _kept(fact: Fact, cls: ClassModel) -> Value:
    """What a fact says; a tensor that a module's constructor was given and keeps is not moved with the module."""
    value = fact.value
    by_constructor = fact.method is not None and fact.method.is_constructor and not fact.registered
    if not by_constructor or not isinstance(value, Tensor) or not value.sure or value.parameter:
        return value
    if (
        not cls.is_module
        or cls.moves_itself
        or cls.lightning
        or any(each.where is not Where.INPUT or _was_moved(each) for each in value.devices)
    ):
        return value
    return replace(value, devices=tuple(replace(each, where=Where.KEPT) for each in value.devices))


def _was_moved(device: Device) -> bool:
    """Put on purpose where an input is, which whoever moves the module has there."""
    return device.origin is not None and device.origin.how is How.MOVE


def _of_record(cls: ClassModel, name: str, value: Instance, frame: Frame) -> Value | None:
    """What a record was given for a field, or what its body says that it holds."""
    known = dict(value.fields).get(name)
    if known is not None:
        return known
    field = next((each for each in cls.fields() if each.name == name), None)
    if field is None or value.devices[0].where is Where.UNKNOWN:
        return None
    promised = value_of_annotation(field.annotation, value.devices[0], frame.analysis)
    return promised if promised is not UNKNOWN else None


def _agreed(value: Value) -> Value:
    """An attribute that some method moves: which method ran last is not known, so neither is the device."""
    if not isinstance(value, Tensor) or len({device.stays_behind for device in value.devices}) < 2:
        return value
    return replace(value, devices=UNKNOWN_DEVICES)


def _declared_attribute(cls: ClassModel, name: str, value: Value) -> Value | None:
    """What the class body announces: tensors of a module are buffers or states, which move with it."""
    hint = next((model.declared[name] for model in cls.lineage() if name in model.declared), None)
    devices = value.devices if isinstance(value, Module) else UNKNOWN_DEVICES
    if hint is Hint.TENSOR:
        return Tensor(devices)
    return Sequence("sequence", None, Tensor(devices)) if hint is Hint.TENSORS else None


def _through_attribute(value: Value, name: str, assigned: cst.CSTNode, frame: Frame, inside: bool = False) -> Value:
    """A value as another method finds it on `self`: its trace now leads through the attribute.

    Of modules `inside` a list or dict it does not show here whether somebody registers them.
    """
    if isinstance(value, Sequence):
        items = value.items and tuple(_through_attribute(item, name, assigned, frame, True) for item in value.items)
        element = _through_attribute(value.element, name, assigned, frame, True)
        return replace(value, items=items, element=element, sites=())
    if isinstance(value, Mapping):
        pairs = tuple((key, _through_attribute(item, name, assigned, frame, True)) for key, item in value.items)
        return replace(value, items=pairs, element=_through_attribute(value.element, name, assigned, frame, True))
    if isinstance(value, Module):
        return replace(value, devices=UNKNOWN_DEVICES) if inside else value
    if not isinstance(value, Tensor):
        return value
    devices = tuple(_device_through(device, name, assigned) for device in value.devices)
    return replace(value, devices=devices)


def _device_through(device: Device, name: str, assigned: cst.CSTNode) -> Device:
    origin = device.origin
    if device.where in (Where.INPUT, Where.KEPT):
        note = f"`self.{name}` keeps what was passed in here"
        where = Where.KEPT if device.where is Where.KEPT else Where.UNKNOWN
        return Device(where, device.name, Origin(How.ARGUMENT, assigned, note, attribute=name, attribute_node=assigned))
    if origin is None or origin.attribute is not None:
        return device
    return replace(device, origin=replace(origin, attribute=name, attribute_node=assigned))


def _of_instance(value: Instance, name: str, node: cst.Attribute, frame: Frame) -> Value:
    found = of_class(value.cls, name, value, node, frame)
    if found is not None:
        return found
    if name in _DEVICE_ATTRIBUTES or names_a_device(name):
        return DeviceValue(Device(Where.VARIABLE, dotted(node) or name))
    return UNKNOWN


def _of_class(value: Class, name: str, node: cst.Attribute, frame: Frame) -> Value:
    method = value.model.method(name)
    if method is not None:
        return Function(method, value if method.is_class_method else None)
    return UNKNOWN


def _of_super(value: Super, name: str, node: cst.Attribute, frame: Frame) -> Value:
    for base in list(value.cls.lineage())[1:]:
        if name in base.methods:
            return Function(base.methods[name], frame.look_up("self") or UNKNOWN)
    return UNKNOWN


def _of_device(value: DeviceValue, name: str, node: cst.Attribute, frame: Frame) -> Value:
    if name == "type":
        return Text(of_device=True)
    return NUMBER if name == "index" else UNKNOWN


def _of_thing(value: Thing, name: str, node: cst.Attribute, frame: Frame) -> Value:
    if value.kind == "array":
        if name in ("shape", "dtype", "size", "ndim"):
            return SHAPE
        return value if name in _ARRAYS_OF_ARRAY else UNKNOWN
    if value.kind == "generator" and name == "device":
        return DeviceValue(value.device, is_object=True)
    return UNKNOWN


def _of_sequence(value: Sequence, name: str, node: cst.Attribute, frame: Frame) -> Value:
    """A field of a named tuple, such as the `values` and `indices` that PyTorch's operations give back."""
    if value.items is not None and name in value.names:
        return value.items[value.names.index(name)]
    return value.join_of_items() if value.kind == "tuple" and not value.names else UNKNOWN


def _of_distribution(value: Distribution, name: str, node: cst.Attribute, frame: Frame) -> Value:
    from devlint.flow.draws import attribute_of_distribution

    return attribute_of_distribution(value, name, node, frame)


def _of_text(value: Text, name: str, node: cst.Attribute, frame: Frame) -> Value:
    return UNKNOWN


_HANDLERS: dict[type[Value], Callable[..., Value]] = {
    Api: _of_api,
    Tensor: _of_tensor,
    Module: _of_module,
    Instance: _of_instance,
    Class: _of_class,
    Super: _of_super,
    DeviceValue: _of_device,
    Thing: _of_thing,
    Sequence: _of_sequence,
    Distribution: _of_distribution,
    Text: _of_text,
}
