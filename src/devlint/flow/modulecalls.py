"""Calling a module: its parameters and its inputs must be on one device."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.flow.border import may_clash
from devlint.flow.events import Clash, Operand
from devlint.flow.lattice import AT_LEAST_ONE, Device, How, Where
from devlint.flow.legality import may_meet
from devlint.flow.results import derived, devices_of_arguments, tensors_in
from devlint.flow.values import UNKNOWN, Function, Mapping, Module, Sequence, Tensor, Value
from devlint.model.classes import ClassModel
from devlint.model.torchapi import NN_MODULES
from devlint.model.torchapi.schema import Returns

if TYPE_CHECKING:
    import libcst as cst

    from devlint.flow.arguments import Argument, Arguments
    from devlint.flow.frame import Frame


def call_module(node: cst.Call, module: Module, arguments: Arguments, frame: Frame) -> Value:
    """`module(...)`: check the inputs' devices against the module's; the result stays with them."""
    own = module.devices[:1] and module.devices[0].where is Where.MODULE
    if own:
        _check_batches(node, module, arguments, frame)
    if isinstance(module.cls, ClassModel):
        follows = module.cls.module is frame.analysis.model or any(may_clash(each.value) for each in arguments.each())
        forward = module.cls.method("forward") if own and follows else None
        if own and forward is not None:
            followed = frame.analysis.call(Function(forward, module), arguments, node, frame)
            return (
                followed
                if isinstance(followed, (Tensor, Sequence, Mapping))
                else derived(arguments, node, frame, module)
            )
    known = NN_MODULES.get(module.cls) if isinstance(module.cls, str) else None
    if own and known is None:
        # A module from elsewhere may well move what it is given.
        return derived(arguments, node, frame, module)
    is_loss = known is not None and known.loss
    stateless = known is not None and not known.parametric and not is_loss
    if is_loss and module.weights and not own:
        _check_weights(node, module, arguments, frame)
    if not stateless and not is_loss:
        _check_left_behind(node, module, arguments, frame)
    if not stateless and not _moves_inputs(module, frame):
        _check_inputs(node, module, arguments, frame, is_loss)
    if known is not None and not known.container:
        _prove_inputs(arguments, frame)
    devices = module.devices if module.devices and all(d.is_elsewhere for d in module.devices) else None
    if devices is None or devices[0].where is Where.MODULE:
        devices = devices_of_arguments(arguments) or (None if stateless or is_loss else devices)
    if devices is None:
        fresh = (
            not stateless and not is_loss and module.devices and all(device.is_cpu_memory for device in module.devices)
        )
        learns = known is not None and not known.container and not is_loss and frame.records_gradients
        return Tensor(module.devices, None, sure=False, learns=learns) if fresh else UNKNOWN
    sure = known is not None and not known.recurrent and not known.container
    learns = sure and not stateless and not is_loss and frame.records_gradients
    result = Tensor(devices, AT_LEAST_ONE if sure and not is_loss else None, sure, learns=learns)
    if known is not None and known.recurrent and known.returns is Returns.TUPLE:
        return Sequence("tuple", (Tensor(devices, AT_LEAST_ONE), Tensor(devices, None, sure=False)))
    return result


def _moves_inputs(module: Module, frame: Frame) -> bool:
    """Whether the `forward` of a class of the project may bring its inputs to where its parameters are."""
    forward = module.cls.method("forward") if isinstance(module.cls, ClassModel) else None
    return forward is not None and bool(_MOVES.search(frame.analysis.source_of(forward.node)))


_MOVES = re.compile(r"\.(?:to|cuda)\s*\(|\b(?:move|send)_\w*to\w*\(|_to_device\(")


def _prove_inputs(arguments: Arguments, frame: Frame) -> None:
    from devlint.flow.evidence import root_path

    for argument in arguments.positional:
        frame.prove(root_path(argument.node))


def _check_inputs(node: cst.Call, module: Module, arguments: Arguments, frame: Frame, is_loss: bool) -> None:
    target = _target(module, arguments, is_loss)
    if target is None:
        return
    for argument in arguments.each():
        if argument is target[0]:
            continue
        device = _cpu_device(argument.value)
        if device is not None and not may_meet(device, target[1]):
            value = argument.value if isinstance(argument.value, Tensor) else Tensor((device,))
            left = Operand(value, argument.node, device)
            right = Operand(module if target[0] is None else target[0].value, node.func, target[1])
            frame.emit_clash(Clash(node, frame, "call", left, right, "module"))
            return


def _check_left_behind(node: cst.Call, module: Module, arguments: Arguments, frame: Frame) -> None:
    """A module that is still where it was built, given a tensor that was moved to a chosen device."""
    own = module.devices[0] if len(module.devices) == 1 else None
    if own is None or own.where is not Where.DEFAULT or own.origin is None or own.origin.guarded:
        return
    for argument in arguments.each():
        for tensor in tensors_in(argument.value):
            device = tensor.devices[0] if tensor.devices else own
            chosen = device.where in (Where.VARIABLE, Where.LITERAL) and not device.by_company
            if chosen and all(map(_is_settled_elsewhere, tensor.devices)):
                if isinstance(module.cls, ClassModel) and not _stays_and_holds_parameters(module.cls, frame):
                    return
                right = Operand(tensor, argument.node, device)
                frame.emit_clash(Clash(node, frame, "call", Operand(module, node.func, own), right, "left-behind"))
                return


def _is_settled_elsewhere(device: Device) -> bool:
    """Moved or made there whatever the answers to questions about devices are."""
    return device.is_elsewhere and device.origin is not None and not device.origin.guarded


def _stays_and_holds_parameters(cls: ClassModel, frame: Frame) -> bool:
    """A plain module of this file with something to move, whose own code moves neither itself nor its inputs."""
    for model in cls.lineage():
        foreign = [base for base in model.bases if isinstance(base, str) and base != "torch.nn.Module"]
        if foreign or model.lightning:
            return False
        for method in model.methods.values():
            moves = _PLACES_PARTS if method.is_constructor else _FOLLOWS_ITSELF
            if moves.search(frame.analysis.source_of(method.node)):
                return False
    return frame.analysis.holds_parameters(cls)


_OF_TENSOR = r"(?!\s*(?!self\b)\w+\.(device|dtype)\b"
_PLACES_PARTS = re.compile(
    rf"\.(cuda|xpu)\(|\bdevice\s*=(?!=){_OF_TENSOR})"
    rf"|\.to\({_OF_TENSOR}|\s*dtype\s*=|\s*torch\.(float|long|int|half|bool|double|bfloat))"
)
"""In a constructor: a device other than that of a tensor at hand."""
_FOLLOWS_ITSELF = re.compile(r"\bself(\.\w+)*\.(to|cuda)\(|\.to\(\s*(device\s*=\s*)?(self\b|next\()")
"""In another method: the module, or a part of it, is moved, or what it is given is moved to where it is."""


def _check_batches(node: cst.Call, module: Module, arguments: Arguments, frame: Frame) -> None:
    """A batch straight from a loader, given to this module or a part of it."""
    for argument in arguments.positional:
        device = _cpu_device(argument.value)
        if device is not None and device.origin is not None and device.origin.how is How.LOADER:
            left = Operand(argument.value, argument.node, device)
            frame.emit_clash(Clash(node, frame, "call", left, Operand(module, node.func, module.devices[0]), "module"))
            return


def _check_weights(node: cst.Call, module: Module, arguments: Arguments, frame: Frame) -> None:
    """A loss's weights are buffers: they must be where its inputs are."""
    weight = next((device for device in module.weights if device.is_cpu_memory), None)
    target = _target(module, arguments, True)
    if weight is None or weight.origin is None or weight.origin.guarded or target is None or target[0] is None:
        return
    if not may_meet(weight, target[1]):
        left = Operand(module, node.func, weight)
        right = Operand(target[0].value, target[0].node, target[1])
        frame.emit_clash(Clash(node, frame, "call", left, right, "loss-weight"))


def _target(module: Module, arguments: Arguments, is_loss: bool) -> tuple[Argument | None, Device] | None:
    """What the inputs must agree with: the module's parameters or, for a loss, the first input that is elsewhere."""
    if module.devices and all(device.is_elsewhere for device in module.devices) and not is_loss:
        return None, module.devices[0]
    if is_loss:
        for argument in arguments.each():
            value = argument.value
            if isinstance(value, Tensor) and value.devices and all(device.is_elsewhere for device in value.devices):
                return argument, value.devices[0]
    return None


def _cpu_device(value: Value) -> Device | None:
    """The device of an input that is in CPU memory for sure, on a path that asks nothing about devices."""
    if isinstance(value, (Sequence, Mapping)):
        return _cpu_device(value.join_of_items())
    if not isinstance(value, Tensor) or value.rank == 0:
        return None
    clear = not any(device.where is Where.UNKNOWN for device in value.devices)
    for device in value.devices:
        origin = device.origin
        if device.is_cpu_memory and origin is not None and not origin.guarded and (device.certain or clear):
            return device
    return None
