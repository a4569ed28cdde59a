"""Applying an entry of the API tables: check its operands' devices, and say what it returns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from devlint.flow.arguments import Argument, Arguments
from devlint.flow.events import Clash, Operand
from devlint.flow.evidence import needs_of, root_path, via_of
from devlint.flow.lattice import AT_LEAST_ONE, UNKNOWN_DEVICES, Device, Devices, How, Where, join_devices, without_ranks
from devlint.flow.legality import clashes
from devlint.flow.ranks import result_rank
from devlint.flow.values import NONE, NUMBER, SHAPE, UNKNOWN, DeviceValue, Number, Sequence, Tensor, Thing, Value
from devlint.model.torchapi import DIFFERENTIABLE
from devlint.model.torchapi.schema import Check, Operation, Rank, Returns

if TYPE_CHECKING:
    import libcst as cst

    from devlint.flow.frame import Frame


_COMPARISONS = frozenset(
    "eq ne lt gt le ge isnan isinf isfinite isclose isin bitwise_not "
    "logical_and logical_or logical_not logical_xor".split()
)


def apply_operation(
    node: cst.CSTNode,
    name: str,
    operation: Operation,
    arguments: Arguments,
    frame: Frame,
    in_place: bool = False,
    operator: bool = False,
) -> Value:
    """Check one use of an operation and give its result.

    `arguments` includes a method's receiver as the first one. `operator`: Python operators take numbers on either
    side, so that they prove nothing about their operands.
    """
    bound = arguments.bind(_parameters(operation, arguments))
    operands = _operands(operation, bound, arguments)
    if not operator:
        _prove(operation, bound, frame)
    scalar_ok = frozenset(i for i, (role, _) in enumerate(operands) if role in operation.scalar_ok)
    plain = [operand for _, operand in operands]
    for left, right in clashes(plain, operation.check, scalar_ok, in_place):
        needs = _needs(left, right, operation, operands, frame, operator)
        if needs is not None:
            how = "in-place" if in_place else "operands"
            frame.emit_clash(Clash(node, frame, name, left, right, how, needs))
            break
    _check_host_arguments(node, name, operation, bound, frame)
    result = _result(operation, plain, arguments, bound, operator)
    if name in DIFFERENTIABLE and isinstance(result, Tensor) and frame.records_gradients:
        learns = any(isinstance(each.value, Tensor) and each.value.learns for each in plain)
        result = replace(result, learns=learns)
    return replace(result, mask=True) if name in _COMPARISONS and isinstance(result, Tensor) else result


def _parameters(operation: Operation, arguments: Arguments) -> tuple[str, ...]:
    """The list of parameter names that the arguments fit: `max(input, other)` beside `max(input, dim)`."""
    if not operation.overloads or len(arguments.positional) < 2:
        return operation.params
    second = arguments.positional[1].value
    for params in operation.overloads:
        is_operand = len(params) > 1 and params[1] in operation.operands
        if len(params) >= len(arguments.positional) and is_operand == (isinstance(second, Tensor) or second is UNKNOWN):
            return params
    return operation.params


def _operands(operation: Operation, bound: dict[str, Argument], arguments: Arguments) -> list[tuple[str, Argument]]:
    """(role, operand) of all that take part in the device check, sequences flattened to their elements."""
    found: list[tuple[str, Argument]] = []
    for role in operation.operands:
        argument = bound.get(role)
        if argument is None:
            continue
        if role in operation.sequences:
            found += [(role, each) for each in _elements(argument)]
        else:
            found.append((role, argument))
    if operation.varargs and operation.params and operation.params[-1] in operation.operands:
        found += [(operation.params[-1], each) for each in arguments.positional[len(operation.params) :]]
    return found


def _elements(argument: Argument) -> list[Argument]:
    """The elements of a sequence of tensors, each with its own expression where the sequence is written out."""
    value = argument.value
    if not isinstance(value, Sequence):
        return [argument]
    nodes = getattr(argument.node, "elements", None)
    if value.items is not None:
        if nodes is not None and len(nodes) == len(value.items):
            return [Argument(item, element.value) for item, element in zip(value.items, nodes, strict=True)]
        return [Argument(item, argument.node) for item in value.items]
    if value.sites and not _are_of_one(argument.node):
        return [part for node, put in value.sites for part in _alternatives(Argument(put, node))]
    element = value.element
    if isinstance(element, Tensor) and _is_mixed(element) and not _are_of_one(argument.node):
        return [Argument(Tensor((device,), element.rank, element.sure), argument.node) for device in element.devices]
    return [Argument(element, argument.node)]


def _alternatives(argument: Argument) -> list[Argument]:
    """What one expression puts into a list: what it makes for want of another stands beside the others there.

    How others are moved may well be the same for all.
    """
    value = argument.value
    if not isinstance(value, Tensor) or len(value.devices) < 2:
        return [argument]
    made = [device for device in value.devices if device.origin is not None and device.origin.how in _MADE]
    rest = tuple(device for device in value.devices if device not in made)
    parts = [*((device,) for device in made), *([rest] if rest else [])]
    return [Argument(replace(value, devices=devices), argument.node) for devices in parts]


_MADE = (How.FACTORY, How.HOST_ONLY)


def _are_of_one(node: cst.BaseExpression) -> bool:
    """`[x[i] for i in ids]`: parts of one tensor, which are wherever that is."""
    loop, part = getattr(node, "for_in", None), getattr(node, "elt", None)
    if loop is None or part is None:
        return False
    bound = root_path(loop.target)
    return bound is not None and loop.inner_for_in is None and root_path(part) not in (None, bound)


def _is_mixed(element: Tensor) -> bool:
    """Each alternative is the device of some element of the list.

    Where some path moved what is put into it, and others did not, it is a list of the one or of the other kind.
    """
    return len(element.devices) > 1 and not any(
        device.origin is not None and device.origin.how is How.MOVE for device in element.devices
    )


def _prove(operation: Operation, bound: dict[str, Argument], frame: Frame) -> None:
    for role in operation.tensors:
        argument = bound.get(role)
        if argument is None:
            continue
        for each in _elements(argument) if role in operation.sequences else [argument]:
            if isinstance(each.value, Tensor) and not each.value.sure:
                frame.prove(root_path(each.node))


def _needs(
    left: Operand,
    right: Operand,
    operation: Operation,
    operands: list[tuple[str, Argument]],
    frame: Frame,
    operator: bool,
) -> frozenset[str] | None:
    """What must be proven of the operands; a role that only takes tensors proves it."""
    certain = set() if operator else {id(op.node) for role, op in operands if role in operation.tensors}
    unclear = [side for side in (left, right) if id(side.node) not in certain and not side.device.certain]
    return needs_of([(side.value, side.node) for side in unclear], frame)


def _check_host_arguments(
    node: cst.CSTNode, name: str, operation: Operation, bound: dict[str, Argument], frame: Frame
) -> None:
    """Arguments that must be CPU memory (`pack_padded_sequence`'s lengths) and are not."""
    for role in operation.host:
        argument = bound.get(role)
        if argument is None or not isinstance(argument.value, Tensor):
            continue
        value = argument.value
        if value.devices and all(device.is_elsewhere for device in value.devices):
            operand = Operand(value, argument.node, value.devices[0])
            needs = needs_of([(value, argument.node)], frame)
            if needs is not None:
                frame.emit_clash(Clash(node, frame, name, operand, operand, "host-argument", needs))


def _result(
    operation: Operation, operands: list[Argument], arguments: Arguments, bound: dict[str, Argument], operator: bool
) -> Value:
    returns = operation.returns
    if returns is Returns.NUMBER:
        return NUMBER
    if returns is Returns.HOST_DATA:
        return SHAPE
    if returns is Returns.ARRAY:
        return Thing("array")
    if returns is Returns.NOTHING:
        return NONE
    if returns is Returns.DEVICE:
        first = operands[0].value if operands else None
        return DeviceValue(first.devices[0]) if isinstance(first, Tensor) else UNKNOWN
    if returns not in (Returns.TENSOR, Returns.TUPLE):
        return UNKNOWN
    leader = bound.get(operation.out_of) if operation.out_of else None
    devices = devices_of_result([leader] if leader is not None else operands)
    ranks = [rank_of_operand(operand.value) for operand in operands]
    rank = result_rank(operation.rank, ranks, arguments, operation.params)
    sure = not operator or any(isinstance(each.value, Tensor) and each.value.sure for each in operands)
    via = "" if sure else next(filter(None, (via_of(each.value, each.node) for each in operands)), "")
    result = Tensor(
        devices if rank is not None or operation.rank is Rank.SAME else without_ranks(devices), rank, sure, via=via
    )
    if returns is Returns.TUPLE or any(_is_given(bound.get(name)) for name in operation.tuple_if):
        part = AT_LEAST_ONE if operation.rank is Rank.SAME and rank not in (None, 0) else None
        return Sequence("tuple", None, Tensor(devices, part, sure))
    return result


def _is_given(argument: Argument | None) -> bool:
    return argument is not None and not (
        isinstance(argument.value, Number)
        and argument.value.constant == 0
        and getattr(argument.node, "value", "") == "False"
    )


def rank_of_operand(value: Value) -> int | None:
    """An operand's rank; a number counts as a scalar."""
    if isinstance(value, Tensor):
        return value.rank
    return 0 if isinstance(value, Number) else None


def devices_of_result(operands: list[Argument]) -> Devices:
    """Where the result of a legal operation is: with the operand that is elsewhere, else where all of them are.

    Operands that clash give an unknown device, so that one mistake is reported once.
    """
    tensors = [operand.value for operand in operands if isinstance(operand.value, Tensor)]
    if _may_be_a_mere_scalar(tensors) and any(map(_may_be_elsewhere, operands)):
        return _undecided(tuple(device for value in tensors if not value.sure for device in value.devices))
    scalars = [value for value in tensors if value.rank == 0 and value.sure]
    tensors = [value for value in tensors if value.rank != 0] or tensors
    sure = [value for value in tensors if value.sure] or tensors
    if scalars and sure and not sure[0].sure and sure[0].devices[0].where is Where.INPUT:
        return UNKNOWN_DEVICES  # what is left may be a mere number
    if not sure:
        return UNKNOWN_DEVICES
    elsewhere = [value for value in tensors if all(device.is_elsewhere for device in value.devices)]
    if elsewhere and sure[0].sure and not any(value.sure for value in elsewhere):
        # What is elsewhere may be a mere number.
        return (
            _undecided(elsewhere[0].devices)
            if any(device.is_cpu_memory for value in sure for device in value.devices)
            else sure[0].devices
        )
    if elsewhere:
        mixed = any(_stays(device, value) for value in tensors for device in value.devices)
        return _undecided(elsewhere[0].devices) if mixed else elsewhere[0].devices
    devices = sure[0].devices
    for value in sure[1:]:
        devices = join_devices(devices, value.devices)
    return devices


def _undecided(devices: Devices) -> Devices:
    """One of two places; of an input it stays known that it is one, for the function may yet show where that is."""
    inputs = [device for device in devices if device.where is Where.INPUT]
    return tuple(replace(device, where=Where.UNKNOWN, rank=None) for device in inputs) or UNKNOWN_DEVICES


def _stays(device: Device, value: Tensor) -> bool:
    """In CPU memory, and no mere scalar as far as is known."""
    moved = device.origin is not None and device.origin.how is How.MOVE
    return device.stays_behind and (value.rank is not None or moved)


def _may_be_a_mere_scalar(tensors: list[Tensor]) -> bool:
    """Nothing but CPU tensors that may have no dimensions: they join whatever the other operand is."""
    sure = [value for value in tensors if value.sure]
    return bool(sure) and all(
        value.rank in (None, 0) and any(device.is_cpu_memory for device in value.devices) for value in sure
    )


def _may_be_elsewhere(operand: Argument) -> bool:
    value = operand.value
    if isinstance(value, Tensor):
        return not value.sure and not all(device.is_cpu_memory for device in value.devices)
    return value is UNKNOWN


__all__ = ["Check", "apply_operation", "devices_of_result", "rank_of_operand"]
