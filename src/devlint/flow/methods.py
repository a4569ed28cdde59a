"""Method calls on values: moves, casts, operations, containers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from devlint.flow.arguments import Argument, Arguments
from devlint.flow.devices import device_of, is_dtype, moved_to
from devlint.flow.draws import call_of_distribution
from devlint.flow.evidence import is_batch, root_path, via_of
from devlint.flow.frame import called
from devlint.flow.lattice import UNKNOWN_DEVICES, Device, How, Origin, Where
from devlint.flow.operations import apply_operation
from devlint.flow.ranks import rank_of_data, rank_of_sizes
from devlint.flow.results import derived
from devlint.flow.values import (
    NONE,
    NUMBER,
    SHAPE,
    TEXT,
    UNKNOWN,
    DeviceValue,
    Distribution,
    Instance,
    Mapping,
    Module,
    Number,
    Sequence,
    Shape,
    Super,
    Tensor,
    Text,
    Thing,
    Value,
    join,
    merge_sites,
)
from devlint.model.names import dotted
from devlint.model.torchapi import (
    CAST_METHODS,
    HOST_METHODS,
    METHOD_FACTORIES,
    MODULE_CASTS,
    MOVE_METHODS,
    OPERATIONS,
    TENSOR_ONLY_METHODS,
)
from devlint.model.torchapi.protocol import KEY_REPORTS
from devlint.model.torchapi.schema import Rank, Returns

if TYPE_CHECKING:
    from collections.abc import Callable

    from devlint.flow.frame import Frame

_MODULE_CHAIN = frozenset(
    "to cuda cpu xpu half float double bfloat16 eval train requires_grad_ apply type share_memory to_empty".split()
)
_PARAMETERS = frozenset("parameters buffers".split())
_NAMED_PARAMETERS = frozenset("named_parameters named_buffers".split())
_MODULES = frozenset("modules children".split())


def call_method(node: cst.Call, receiver: Value, name: str, arguments: Arguments, frame: Frame) -> Value:
    """The result of `receiver.name(...)`, and what it does to the receiver."""
    if name in KEY_REPORTS and not isinstance(receiver, (Thing, Super)):
        return Thing("key report", origin=node)
    if isinstance(receiver, Tensor):
        return _on_tensor(node, receiver, name, arguments, frame)
    handler = _HANDLERS.get(type(receiver))
    if handler is not None:
        return handler(node, receiver, name, arguments, frame)
    if name in MOVE_METHODS:
        return _move_unknown(node, name, arguments, frame)
    if name == "size":
        return size_of(node, arguments)
    return derived(arguments, node, frame, receiver)


def _receiver_node(node: cst.Call) -> cst.BaseExpression:
    return node.func.value if isinstance(node.func, cst.Attribute) else node.func


# ------------------------------------------------------------------------------------------------------------ tensors


def _on_tensor(node: cst.Call, tensor: Tensor, name: str, arguments: Arguments, frame: Frame) -> Value:
    subject = _receiver_node(node)
    only = name in TENSOR_ONLY_METHODS or name == "size" or "dim" in arguments.keywords  # numpy says `axis`
    if not tensor.sure and (only or (name in CAST_METHODS and name not in MODULE_CASTS)):
        frame.prove(root_path(subject))
        tensor = replace(tensor, sure=True)
    if name in MOVE_METHODS:
        return _move(node, tensor, name, arguments, frame)
    if name == "type":
        return _retyped(tensor, arguments, frame)
    if name in CAST_METHODS:
        return replace(tensor, parameter=False, learns=tensor.learns and name in MODULE_CASTS)
    if name == "update" and is_batch(tensor):
        frame.state.set(dotted(subject) or "", UNKNOWN)  # some of its items are others now
        return NONE
    if name in HOST_METHODS:
        if name == "size":
            return size_of(node, arguments)
        if name == "numpy" and isinstance(subject, cst.Name) and not frame.asks_about_devices:
            frame.analysis.note_host(frame.entry_function, tensor)
        return _from_host_method(HOST_METHODS[name])
    if name in METHOD_FACTORIES:
        return _new(tensor, name, arguments, frame)
    in_place = name.endswith("_") and not name.endswith("__")
    entry = OPERATIONS.get(name) or (OPERATIONS.get(name[:-1]) if in_place else None)
    if entry is None or (not tensor.sure and name not in TENSOR_ONLY_METHODS and not _shared_name(name)):
        result = (
            derived(arguments, node, frame, tensor) if not tensor.sure else Tensor(tensor.devices, None, sure=False)
        )
        if entry is not None and isinstance(result, Tensor):
            return replace(result, via=via_of(tensor, subject))
        return result
    if entry.rank is Rank.SHAPE:
        sizes = arguments.positional[0] if arguments.positional else None
        result = apply_operation(node, name, entry, Arguments((Argument(tensor, subject),)), frame)
        return replace(result, rank=rank_of_sizes(arguments, sizes)) if isinstance(result, Tensor) else result
    with_receiver = replace(arguments, positional=(Argument(tensor, subject), *arguments.positional))
    result = apply_operation(node, name, entry, with_receiver, frame, in_place=in_place)
    if isinstance(result, Tensor) and not tensor.sure:
        return replace(result, sure=False, via=via_of(tensor, subject))
    return tensor if in_place and isinstance(result, Tensor) else result


def size_of(node: cst.Call, arguments: Arguments) -> Value:
    """`x.size()` or `x.size(0)`: host data that remembers whose it is."""
    owner = root_path(_receiver_node(node)) or ""
    return Number(owner=owner) if arguments.positional or arguments.keywords else Shape(owner)


def _shared_name(name: str) -> bool:
    """Methods that arrays and other objects have, too: on something that may be a tensor they give the same kind."""
    return name in (
        "reshape",
        "transpose",
        "sum",
        "mean",
        "squeeze",
        "flatten",
        "max",
        "min",
        "clip",
        "repeat",
        "round",
        "t",
    )


def _from_host_method(returns: Returns) -> Value:
    if returns is Returns.NUMBER:
        return NUMBER
    if returns is Returns.ARRAY:
        return Thing("array")
    return NONE if returns is Returns.NOTHING else SHAPE


def _new(tensor: Tensor, name: str, arguments: Arguments, frame: Frame) -> Value:
    factory = METHOD_FACTORIES[name]
    first = arguments.positional[0] if arguments.positional else None
    if factory.rank is Rank.DATA:
        rank = rank_of_data(first.value if first else None)
    else:
        rank = rank_of_sizes(arguments, first) if factory.rank is Rank.SHAPE else None
    given = arguments.keywords.get("device")
    if given is not None:
        text = frame.analysis.text_of(given.node)
        return Tensor((device_of(given.value, text, frame),), rank)
    return Tensor(tensor.devices, rank)


def _retyped(tensor: Tensor, arguments: Arguments, frame: Frame) -> Value:
    """`x.type(torch.long)` casts; a type's name or a tensor class holds a device, too (`x.type(y.type())`)."""
    given = arguments.get("dtype", 0)
    if given is None:
        return TEXT
    if is_dtype(given.value) or frame.analysis.text_of(given.node).endswith("dtype"):
        return replace(tensor, parameter=False)
    return Tensor(UNKNOWN_DEVICES, tensor.rank, tensor.sure)


def _move(node: cst.Call, tensor: Tensor, name: str, arguments: Arguments, frame: Frame) -> Value:
    like = arguments.get("other", 0) if name == "to" else None
    if like is not None and isinstance(like.value, Tensor) and like.value.sure:
        return Tensor(like.value.devices, tensor.rank, tensor.sure)
    device = destination(node, name, arguments, frame)
    if device is None:
        return replace(tensor, parameter=False)
    sure = tensor.sure or name == "pin_memory"
    if name == "pin_memory":
        return replace(tensor, sure=sure)
    path = dotted(_receiver_node(node))
    if path is not None and not sure:
        # Perhaps a module, which moves in place: that is sure once it is called, as no tensor can be.
        frame.state.set(called(path), Module((device,)))
    return Tensor((device,), tensor.rank, sure, learns=tensor.learns)


def _move_unknown(node: cst.Call, name: str, arguments: Arguments, frame: Frame) -> Value:
    """Whatever it is, it was moved: a tensor, something that holds some, or a module, which shows once it is called."""
    device = destination(node, name, arguments, frame)
    if device is None or device.where is Where.UNKNOWN:
        return UNKNOWN
    path = dotted(_receiver_node(node))
    if path is not None:
        frame.state.set(called(path), Module((device,)))
    return Tensor((device,), None, sure=False)


def destination(node: cst.Call, name: str, arguments: Arguments, frame: Frame) -> Device | None:
    """Where a move method sends its receiver; None when it stays where it is."""
    origin = Origin(How.MOVE, node, f"moved by `{_move_text(node, name, frame)}`", frame.is_guarded)
    move = MOVE_METHODS[name]
    given = arguments.get("device", 0)
    if move.device is not None:
        if move.device == "cpu":
            return Device(Where.HOST, "cpu", origin)
        if given is None:
            return Device(Where.LITERAL, move.device, origin)
        if isinstance(given.value, Number) and given.value.constant is not None:
            return Device(Where.LITERAL, f"{move.device}:{int(given.value.constant)}", origin)
        return device_of(given.value, frame.analysis.text_of(given.node), frame, origin)
    if given is None:
        given = arguments.keywords.get("other")
        if given is None:
            return Device(Where.UNKNOWN) if arguments.is_open else None
    return moved_to(given, frame.analysis.text_of(given.node), frame, origin)


def _move_text(node: cst.Call, name: str, frame: Frame) -> str:
    inner = ", ".join(frame.analysis.text_of(arg.value) for arg in node.args[:1])
    return f".{name}({inner})"


# ------------------------------------------------------------------------------------------------------------ modules


def _on_module(node: cst.Call, module: Module, name: str, arguments: Arguments, frame: Frame) -> Value:
    if name in MOVE_METHODS or name in _MODULE_CHAIN:
        return _move_module(node, module, name, arguments, frame)
    if name in _PARAMETERS:
        return Sequence("sequence", None, Tensor(module.devices, None, True, parameter=True))
    if name in _NAMED_PARAMETERS:
        element = Tensor(module.devices, None, True, parameter=True)
        return Sequence("sequence", None, Sequence("tuple", (TEXT, element)))
    if name in _MODULES:
        return Sequence("sequence", None, Module(module.devices))
    if name == "state_dict":
        return Mapping((), Tensor(module.devices, None, True), closed=False)
    if name in ("register_buffer", "register_parameter") and module.is_self:
        return _register(module, arguments, frame)
    if name == "add_state" and module.is_self:
        return _add_state(module, arguments, frame)
    if name == "forward":
        from devlint.flow.modulecalls import call_module

        return call_module(node, module, arguments, frame)
    return derived(arguments, node, frame, module)


def _move_module(node: cst.Call, module: Module, name: str, arguments: Arguments, frame: Frame) -> Value:
    """Modules move in place and return themselves."""
    if name not in MOVE_METHODS:
        return module
    device = destination(node, name, arguments, frame)
    if device is None:
        return module
    moved = replace(module, devices=(device,), weights=(device,) if module.weights else ())
    path = root_path(_receiver_node(node))  # also through a chain: `model.eval().to(device)`
    if path is not None and not module.is_self and isinstance(_stored(path, frame), Module):
        frame.state.set(path, moved)
    return moved


def _stored(path: str, frame: Frame) -> Value | None:
    """What a variable or attribute holds; of `nn.Linear(8, 2).to(device)` there is none, and `nn` is no module."""
    return frame.state.env.get(path) or (frame.look_up(path) if "." not in path else None)


def _register(module: Module, arguments: Arguments, frame: Frame) -> Value:
    name = arguments.get("name", 0)
    tensor = arguments.get("tensor", 1) or arguments.get("param", 1)
    if name is not None and isinstance(name.value, Text) and name.value.constant is not None and frame.cls is not None:
        value = Tensor(module.devices, getattr(tensor.value, "rank", None) if tensor else None, True)
        node = name.node
        frame.analysis.record_attribute(frame, name.value.constant, value, node, node, registered=True)
        frame.state.set(f"self.{name.value.constant}", value)
    return NONE


def _add_state(module: Module, arguments: Arguments, frame: Frame) -> Value:
    """A metric's state: a tensor, or a list of tensors, which moves with the metric."""
    name, default = arguments.get("name", 0), arguments.get("default", 1)
    if name is None or default is None or not isinstance(name.value, Text) or name.value.constant is None:
        return NONE
    value: Value = Tensor(module.devices, getattr(default.value, "rank", None))
    if isinstance(default.value, Sequence):
        value = Sequence("list", None, Tensor(module.devices))
    frame.analysis.record_attribute(frame, name.value.constant, value, name.node, name.node, registered=True)
    return NONE


# --------------------------------------------------------------------------------------------------------- containers


def _on_sequence(node: cst.Call, value: Sequence, name: str, arguments: Arguments, frame: Frame) -> Value:
    path = dotted(_receiver_node(node))
    if name in ("append", "insert", "extend", "add") and arguments.positional:
        if path is not None:
            added = _added(arguments.positional[-1], name)
            known = value.join_of_items()
            empty = value.items == () or (value.items is None and known is UNKNOWN)
            element = added.join_of_items() if empty else join(known, added.join_of_items())
            own = replace(value, items=None, sites=_sites_of(value, _receiver_node(node)))
            before = own if value.items else value
            grown = Sequence(value.kind, None, element, sites=merge_sites(before, added))
            frame.state.set(path, grown)
            _record(path, grown, node, frame)
        return NONE
    if name == "pop":
        return value.join_of_items()
    return value if name == "copy" else NUMBER if name in ("index", "count") else UNKNOWN


def _added(argument: Argument, name: str) -> Sequence:
    """What is put in, as a sequence of its own."""
    if name != "extend":
        return Sequence("list", None, argument.value, sites=((argument.node, argument.value),))
    if not isinstance(argument.value, Sequence):
        return Sequence("list")
    return replace(
        argument.value,
        items=None,
        element=argument.value.join_of_items(),
        sites=_sites_of(argument.value, argument.node),
    )


def _sites_of(value: Sequence, node: cst.BaseExpression) -> tuple[tuple[cst.BaseExpression, Value], ...]:
    """The places that filled a sequence; items that are known one by one stand for themselves."""
    if not value.items:
        return value.sites
    nodes = [element.value for element in getattr(node, "elements", ())]
    if len(nodes) != len(value.items):
        return ((node, value.join_of_items()),) if len(set(value.items)) == 1 else ()
    return tuple(zip(nodes, value.items, strict=True))


def _record(path: str, grown: Value, node: cst.Call, frame: Frame) -> None:
    """What is put into a container of `self` is a fact of the class."""
    owner, _, name = path.partition(".")
    if name and "." not in name and frame.cls is not None and isinstance(frame.look_up(owner), (Module, Instance)):
        frame.analysis.record_attribute(frame, name, grown, node, node)


def _on_mapping(node: cst.Call, value: Mapping, name: str, arguments: Arguments, frame: Frame) -> Value:
    if name == "values":
        return Sequence("sequence", None, value.join_of_items())
    if name == "keys":
        return Sequence("sequence", None, TEXT)
    if name == "items":
        return Sequence("sequence", None, Sequence("tuple", (TEXT, value.join_of_items())))
    if name in ("get", "pop", "setdefault") and arguments.positional:
        key = arguments.positional[0].value
        known = value.get(key.constant) if isinstance(key, Text) and key.constant is not None else UNKNOWN
        return known if len(arguments.positional) == 1 else UNKNOWN
    if name == "update":
        path = dotted(_receiver_node(node))
        if path is not None:
            frame.state.set(path, Mapping((), UNKNOWN, closed=False))
        return NONE
    return value if name == "copy" else UNKNOWN


# --------------------------------------------------------------------------------------------------------------- rest


def _on_text(node: cst.Call, value: Text, name: str, arguments: Arguments, frame: Frame) -> Value:
    return (
        Text(of_device=value.of_device)
        if name not in ("startswith", "endswith", "split", "find", "count")
        else (Number(about_device=value.of_device or value.prefix in ("cuda", "cpu")))
    )


def _on_thing(node: cst.Call, value: Thing, name: str, arguments: Arguments, frame: Frame) -> Value:
    if value.kind == "array":
        return value
    if value.kind == "generator" and name == "manual_seed":
        return value
    return UNKNOWN


def _on_device(node: cst.Call, value: DeviceValue, name: str, arguments: Arguments, frame: Frame) -> Value:
    if name in ("startswith", "endswith"):
        return Number(about_device=True)
    return TEXT if value.is_object or hasattr(str, name) else UNKNOWN


def _on_number(node: cst.Call, value: Number, name: str, arguments: Arguments, frame: Frame) -> Value:
    return NUMBER


def _on_super(node: cst.Call, value: Super, name: str, arguments: Arguments, frame: Frame) -> Value:
    return derived(arguments, node, frame)


_HANDLERS: dict[type[Value], Callable[..., Value]] = {
    Module: _on_module,
    Sequence: _on_sequence,
    Mapping: _on_mapping,
    Text: _on_text,
    Thing: _on_thing,
    DeviceValue: _on_device,
    Number: _on_number,
    Super: _on_super,
    Distribution: call_of_distribution,
}
