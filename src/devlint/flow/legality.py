"""Which devices may meet in one operation: PyTorch's own rule (rules.md section 4), stated once."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from devlint.flow.events import Operand
from devlint.flow.evidence import root_path
from devlint.flow.lattice import Device, Devices, How, Where
from devlint.flow.values import UNKNOWN, Tensor
from devlint.model.torchapi.schema import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.arguments import Argument


def may_meet(left: Device, right: Device) -> bool:
    """Whether two devices are, or may be, the same; what is not known may be."""
    if left.where is Where.UNKNOWN or right.where is Where.UNKNOWN:
        return True
    if Where.KEPT in (left.where, right.where):
        return not {left.where, right.where} & {Where.INPUT, Where.MODULE}
    if left.is_cpu_memory:
        return not right.is_elsewhere
    if right.is_cpu_memory:
        return not left.is_elsewhere
    if left.where is Where.LITERAL and right.where is Where.LITERAL:
        return _same_literal(left.name, right.name)
    return True


def _same_literal(left: str, right: str) -> bool:
    """`cuda` is the current device, whichever index that has."""
    one, _, first = left.partition(":")
    other, _, second = right.partition(":")
    return one == other and (not first or not second or first == second)


def clashes(
    operands: list[Argument], check: Check, scalar_ok: frozenset[int] = frozenset(), in_place: bool = False
) -> Iterator[tuple[Operand, Operand]]:
    """The pairs of operands that cannot meet, the one in CPU memory first.

    `scalar_ok`: positions at which a 0-dimensional CPU tensor is legal whatever `check` says. `in_place`: the first
    operand is written to, so that it cannot be the CPU scalar of the pair.
    """
    if check is Check.FREE:
        return
    for index, operand in enumerate(operands):
        device = _cpu_alternative(operand)
        if device is None:
            continue
        scalar_legal = check is Check.ITERATOR or index in scalar_ok
        if scalar_legal and not _has_dimensions(operand, device) and not (in_place and index == 0):
            continue
        for other in operands:
            target = _elsewhere(other) or _company(device, other)
            if other is not operand and target is not None and not may_meet(device, target):
                yield Operand(operand.value, operand.node, device), Operand(other.value, other.node, target)
                break
    yield from _different_accelerators(operands)


def _has_dimensions(operand: Argument, device: Device) -> bool:
    rank = operand.value.rank if isinstance(operand.value, Tensor) else None
    return (device.rank if rank is None else rank) not in (None, 0)


def _cpu_alternative(operand: Argument) -> Device | None:
    """The device in CPU memory that the operand surely, or on some path, has; not where a device question guards it."""
    value = operand.value
    if not isinstance(value, Tensor):
        return None
    unclear = any(device.where is Where.UNKNOWN for device in value.devices)
    for device in value.devices:
        origin = device.origin
        if origin is not None and origin.how is How.LOADER and (unclear or origin.attribute is not None):
            continue  # some part of the batch was moved, perhaps this one; or another method may have moved it
        known = value.sure or device.certain or (origin is not None and origin.how is How.LOADER)
        known = known or (origin is not None and origin.how is How.MOVE and len(value.devices) == 1)
        if known and device.stays_behind and not (origin is not None and origin.guarded):
            return device
    return None


def _elsewhere(operand: Argument) -> Device | None:
    """The device of an operand which is, on all paths, on a device that the code chose or was handed."""
    value = operand.value
    if isinstance(value, Tensor) and value.devices and all(device.is_elsewhere for device in value.devices):
        return value.devices[0]
    return None


def _company(device: Device, other: Argument) -> Device | None:
    """The device of a tensor of which nothing is known but that the new one was made to match it, in size or dtype."""
    value = other.value
    if device.origin is None or not device.origin.like:
        return None
    unknown = value is UNKNOWN or (isinstance(value, Tensor) and _is_nowhere_known(value.devices))
    path = root_path(other.node)
    if unknown and path in device.origin.like:
        return Device(Where.VARIABLE, f"{path}.device", by_company=True)
    return None


def _is_nowhere_known(devices: Devices) -> bool:
    unknown = any(device.where is Where.UNKNOWN for device in devices)
    return unknown and all(device.where is Where.UNKNOWN or device.is_elsewhere for device in devices)


def _different_accelerators(operands: list[Argument]) -> Iterator[tuple[Operand, Operand]]:
    seen: list[Operand] = []
    for operand in operands:
        device = _elsewhere(operand)
        if device is None or device.where is not Where.LITERAL or device.origin is None:
            continue
        value = cast("Tensor", operand.value)
        if value.rank == 0 or (device.origin.how is not How.MOVE and device.origin.how is not How.FACTORY):
            continue
        for other in seen:
            if not may_meet(other.device, device):
                yield other, Operand(value, operand.node, device)
                return
        seen.append(Operand(operand.value, operand.node, device))
