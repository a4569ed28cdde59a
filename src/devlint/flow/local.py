"""Functions, methods and classes of the same file: calls are followed, a few levels deep."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from devlint.flow.annotated import value_of_annotation
from devlint.flow.border import across, brought, may_clash
from devlint.flow.devices import names_a_device
from devlint.flow.frame import MAX_DEPTH, MAX_FOREIGN_DEPTH, Frame, State
from devlint.flow.lattice import NOWHERE, Device, How, Origin, Where
from devlint.flow.results import derived
from devlint.flow.values import (
    NUMBER,
    TEXT,
    UNKNOWN,
    Class,
    DeviceValue,
    Function,
    Instance,
    Mapping,
    Module,
    Number,
    Sequence,
    Tensor,
    Text,
    Thing,
    Value,
    join,
    join_all,
)
from devlint.model.annotations import Hint
from devlint.model.classes import Record
from devlint.model.functions import Star

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.analysis import Analysis
    from devlint.flow.arguments import Argument, Arguments
    from devlint.model.classes import ClassModel
    from devlint.model.functions import FunctionModel, Parameter

_HINTED: dict[Hint, Value] = {
    Hint.NUMBER: NUMBER,
    Hint.TEXT: TEXT,
    Hint.ARRAY: Thing("array"),
    Hint.LOADER: Thing("loader"),
    Hint.GENERATOR: Thing("generator"),
    Hint.OTHER: UNKNOWN,
    Hint.PACKED: UNKNOWN,
}


def call(analysis: Analysis, callee: Function | Class, arguments: Arguments, node: cst.CSTNode, frame: Frame) -> Value:
    """The result of calling something of this file."""
    if isinstance(callee, Class):
        return instantiate(callee.model, arguments, node, frame)
    return _follow(analysis, callee, arguments, node, frame)


def instantiate(cls: ClassModel, arguments: Arguments, node: cst.CSTNode, frame: Frame) -> Value:
    """A new object; a module starts on the default device."""
    if cls.is_module:
        given = any(_tells_device(name, each) for name, each in _named(arguments))
        changes = frame.default_device_changes
        where = Where.UNKNOWN if given or changes or arguments.is_open else Where.DEFAULT
        origin = Origin(How.MODULE, node, f"`{cls.name}` is built on the default device", frame.is_guarded)
        return Module((Device(where, "cpu", origin),), cls)
    if cls.record is not Record.NONE and "__init__" not in cls.methods:
        return _record(cls, arguments, frame)
    return Instance(cls)


def _record(cls: ClassModel, arguments: Arguments, frame: Frame) -> Value:
    """A record holds what it was given, in the order of its fields."""
    fields = cls.fields()
    names = tuple(each.name for each in fields)
    if arguments.is_open:
        return Instance(cls) if cls.record is Record.ATTRIBUTES else UNKNOWN
    bound = arguments.bind(names)
    values = [
        bound[each.name].value if each.name in bound else frame.evaluate(each.default) if each.default else UNKNOWN
        for each in fields
    ]
    if cls.record is Record.TUPLE:
        return Sequence("tuple", tuple(values), names=names)
    return Instance(cls, fields=tuple(zip(names, values, strict=True)))


def _named(arguments: Arguments) -> Iterator[tuple[str, Argument]]:
    yield from (("", each) for each in arguments.positional)
    yield from arguments.keywords.items()


def _tells_device(name: str, argument: Argument) -> bool:
    """A constructor that is told a device may well build on it."""
    return names_a_device(name) or isinstance(argument.value, DeviceValue)


def _follow(analysis: Analysis, callee: Function, arguments: Arguments, node: cst.CSTNode, frame: Frame) -> Value:
    function = callee.model
    if frame.depth >= MAX_DEPTH or analysis.is_active(function) or analysis.exhausted or arguments.is_open:
        return _unfollowed(function, arguments, node, frame)
    unit = analysis.unit_of(function)
    env = _bind(callee, arguments, frame if unit is frame.unit else Frame(analysis, State(), home=unit))
    if env is None:
        return _unfollowed(function, arguments, node, frame)
    if unit is not analysis.unit and (frame.depth >= MAX_FOREIGN_DEPTH or not _matters(callee, env, analysis)):
        return _unfollowed(function, arguments, node, frame)
    if _tells(function, frame):
        analysis.note_call(function, env, frame.constructing or frame.in_constructor or frame.prepares_data)
    if unit is not frame.unit and unit is analysis.unit:
        env = {name: across(value) for name, value in env.items()}
    key = (function, tuple(env.items()), frame.loud)
    known = analysis.summaries.get(key)
    if known is None:
        inner = Frame(analysis, State(env, frame.state.guards), function, frame.cls if callee.owner else None)
        inner.outer = analysis.closures.get(function)
        inner.home = unit
        inner.depth, inner.loud = frame.depth + 1, frame.loud
        inner.entry_function = frame.entry_function
        inner.constructing = frame.constructing or frame.in_constructor
        inner.passed = env.copy()
        if isinstance(callee.owner, (Module, Instance)):
            inner.cls = callee.owner.cls if not isinstance(callee.owner.cls, str) else frame.cls
        known = analysis.summaries[key] = _outside(run_body(inner), inner)
    if unit is not frame.unit:
        makes = callee.by_name and analysis.makes(function)
        known = brought(known, node, function.name) if makes else across(known)
    return (
        _as_annotated(known, function, frame) if known is not UNKNOWN else _unfollowed(function, arguments, node, frame)
    )


def _outside(value: Value, frame: Frame) -> Value:
    """What a callee returns, for its caller, to whom `x.device` of the callee's own parameters says nothing."""
    if not isinstance(value, (Tensor, Module)) or frame.function is None:
        return value
    names = tuple(f"{each.name}." for each in frame.function.parameters if each.name != "self")
    return replace(value, devices=tuple(NOWHERE if _is_of(each, names) else each for each in value.devices))


def _is_of(device: Device, names: tuple[str, ...]) -> bool:
    return device.where is Where.VARIABLE and device.name.startswith(names) and device.name.endswith(".device")


def _matters(callee: Function, env: dict[str, Value], analysis: Analysis) -> bool:
    """Whether it pays to follow a function of another file."""
    if isinstance(callee.owner, (Module, Instance)) and callee.owner.is_self:
        return True
    return any(map(may_clash, env.values())) or (callee.by_name and analysis.makes(callee.model))


def _tells(function: FunctionModel, frame: Frame) -> bool:
    """Whether it tells what the function is given: of a public method, a call elsewhere is one of many (see screen)."""
    public = function.class_name is not None and not function.name.startswith("_")
    return not public or (frame.cls is not None and frame.cls.name == function.class_name)


def _unfollowed(function: FunctionModel, arguments: Arguments, node: cst.CSTNode, frame: Frame) -> Value:
    if function.returns in (Hint.NUMBER, Hint.TEXT, Hint.ARRAY, Hint.OTHER):
        return _HINTED[function.returns]
    return _as_annotated(derived(arguments, node, frame), function, frame)


def _as_annotated(value: Value, function: FunctionModel, frame: Frame) -> Value:
    """What may be a tensor is one, or several, where the function says so."""
    annotation = getattr(function.node, "returns", None)
    if annotation is None or not isinstance(value, Tensor) or value.sure:
        return value
    if function.returns is Hint.TENSOR:
        return replace(value, sure=True, via="")
    promised = value_of_annotation(annotation, value.devices[0], frame.analysis) if len(value.devices) == 1 else UNKNOWN
    return promised if isinstance(promised, (Sequence, Mapping)) else value


def run_body(frame: Frame) -> Value:
    """Interpret a function's body in a frame that is ready; its return value."""
    analysis, function = frame.analysis, frame.function
    assert function is not None
    analysis.enter(function)
    try:
        if isinstance(function.node, cst.Lambda):
            result = frame.evaluate(function.node.body)
        else:
            analysis.execute(function.node.body, frame)
            result = join_all(frame.returns)
            if frame.yields:
                result = Sequence("generator", None, join_all(frame.yields))
    finally:
        analysis.leave(function)
    frame.settle()
    return result


def _bind(callee: Function, arguments: Arguments, frame: Frame) -> dict[str, Value] | None:
    """Parameter -> value of a call; None if the arguments do not fit."""
    parameters = list(callee.model.parameters)
    env: dict[str, Value] = {}
    if callee.owner is not None and parameters:
        env[parameters.pop(0).name] = callee.owner
    positional = list(arguments.positional)
    keywords = dict(arguments.keywords)
    for parameter in parameters:
        if parameter.star is Star.ARGS:
            env[parameter.name] = Sequence("tuple", tuple(each.value for each in positional))
            positional = []
        elif parameter.star is Star.KWARGS:
            env[parameter.name] = Mapping(tuple((k, each.value) for k, each in keywords.items()))
            keywords = {}
        elif positional and not parameter.keyword_only:
            env[parameter.name] = _passed(parameter, positional.pop(0))
        elif parameter.name in keywords:
            env[parameter.name] = _passed(parameter, keywords.pop(parameter.name))
        elif parameter.default is not None:
            env[parameter.name] = default_value(parameter, frame)
        else:
            return None
    return env


def _passed(parameter: Parameter, argument: Argument) -> Value:
    """What is not known stays so; an annotation may still say that it is a tensor."""
    value = argument.value
    if value is UNKNOWN and parameter.hint is Hint.TENSOR:
        return Tensor()
    return value


def default_value(parameter: Parameter, frame: Frame) -> Value:
    """What a parameter is when nothing is passed: literals only, since defaults are evaluated elsewhere."""
    node = parameter.default
    if isinstance(node, (cst.Integer, cst.Float, cst.SimpleString, cst.Name, cst.Tuple, cst.List, cst.UnaryOperation)):
        return frame.evaluate(node)
    if isinstance(node, cst.Call) and frame.analysis.text_of(node.func).endswith("device"):
        return frame.evaluate(node)
    return UNKNOWN


# ------------------------------------------------------------------------------------------------------ entry frames


def entry_env(function: FunctionModel, owner: Value | None, analysis: Analysis) -> dict[str, Value]:
    """The parameters of a function that is analysed on its own: each is whatever a caller may pass."""
    env: dict[str, Value] = {}
    parameters = list(function.parameters)
    if owner is not None and parameters and not function.is_static:
        env[parameters.pop(0).name] = owner
    for parameter in parameters:
        env[parameter.name] = entry_value(parameter, analysis)
    return env


def is_cpu_tensor(value: Value) -> bool:
    """A tensor that its maker left in CPU memory, or that was brought there."""
    return isinstance(value, Tensor) and all(device.is_cpu_memory for device in value.devices)


def is_elsewhere(value: Value) -> bool:
    """A tensor that is wherever the caller's inputs or modules are."""
    return isinstance(value, Tensor) and all(device.is_elsewhere for device in value.devices)


def entry_value(parameter: Parameter, analysis: Analysis) -> Value:
    """What a parameter may be: what its annotation and name say, or the tensor that is its default."""
    value = _given_value(parameter, analysis)
    if not isinstance(parameter.default, cst.Call) or not isinstance(value, Tensor):
        return value
    default = analysis.evaluate(parameter.default, Frame(analysis, State(), loud=False))
    return join(value, default) if isinstance(default, Tensor) else value


def _given_value(parameter: Parameter, analysis: Analysis) -> Value:
    """What a caller may pass, by the parameter's annotation, default and name."""
    device = Device(
        Where.INPUT, parameter.name, Origin(How.ARGUMENT, parameter.node, f"`{parameter.name}` is passed in")
    )
    hint = parameter.hint
    if parameter.star is Star.ARGS:
        return Sequence("tuple", None, Tensor((device,), None, sure=hint is Hint.TENSOR))
    if parameter.star is Star.KWARGS:
        return Mapping((), UNKNOWN, closed=False)
    if parameter.name.endswith("state_dict"):
        return UNKNOWN  # of a checkpoint, which most often was loaded to the CPU
    if hint is Hint.TENSOR:
        return Tensor((device,))
    annotation = parameter.node.annotation
    promised = value_of_annotation(annotation, device, analysis) if annotation is not None else UNKNOWN
    if promised is not UNKNOWN and not isinstance(promised, (Number, Text)):
        return promised
    if hint is Hint.DEVICE or (hint in (Hint.UNKNOWN, Hint.TEXT, Hint.NUMBER) and names_a_device(parameter.name)):
        return DeviceValue(Device(Where.VARIABLE, parameter.name), is_object=False)
    if hint in _HINTED:
        return _HINTED[hint]
    if annotation is not None:
        return Tensor((device,), None, sure=False)
    return _by_default(parameter, device)


def _by_default(parameter: Parameter, device: Device) -> Value:
    """A default of a plain kind says what the parameter is."""
    node = parameter.default
    if isinstance(node, (cst.Integer, cst.Float)) or (isinstance(node, cst.Name) and node.value in ("True", "False")):
        return NUMBER
    if isinstance(node, (cst.SimpleString, cst.FormattedString, cst.ConcatenatedString)):
        return TEXT
    return Tensor((device,), None, sure=False)
