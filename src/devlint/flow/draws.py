"""Distributions: what is drawn from one is where its parameters are, and what it judges must be there, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from devlint.flow.arguments import Argument, Arguments
from devlint.flow.lattice import AT_LEAST_ONE, UNKNOWN_DEVICES, Device, Devices, How, Origin, Where
from devlint.flow.operations import apply_operation, devices_of_result
from devlint.flow.values import NUMBER, UNKNOWN, Distribution, Number, Sequence, Tensor, Value
from devlint.model.torchapi.distributions import DISTRIBUTIONS, DRAWS, JUDGES, NUMBERS, STATISTICS
from devlint.model.torchapi.schema import Check, Operation, Rank

if TYPE_CHECKING:
    import libcst as cst

    from devlint.flow.frame import Frame


def make_distribution(node: cst.Call, name: str, arguments: Arguments, frame: Frame) -> Value:
    """`Normal(loc, scale)`: its parameters meet when something is drawn."""
    params = DISTRIBUTIONS[name]
    operation = Operation(params=params, operands=params, check=Check.ITERATOR, rank=Rank.BROADCAST)
    bound = arguments.bind(params)
    given = [bound[each] for each in params if each in bound]
    inner = next((each.value for each in given if isinstance(each.value, Distribution)), None)
    if inner is not None:
        return Distribution(inner.devices, inner.rank)
    drawn = apply_operation(node, name.rpartition(".")[2], operation, arguments, frame)
    if arguments.is_open or not given or any(each.value is UNKNOWN for each in given):
        return Distribution()
    if all(isinstance(each.value, (Number, Sequence)) for each in given):
        return Distribution(_of_numbers(node, name, frame), 0)
    if not isinstance(drawn, Tensor):
        return Distribution()
    unsure = all(not (isinstance(each.value, Tensor) and each.value.sure) for each in given)
    devices = devices_of_result([each for each in given if isinstance(each.value, Tensor)])
    return Distribution(UNKNOWN_DEVICES if unsure else devices, drawn.rank)


def _of_numbers(node: cst.Call, name: str, frame: Frame) -> Devices:
    if frame.default_device_changes or "default-device" in frame.state.guards:
        return UNKNOWN_DEVICES
    note = f"`{name.rpartition('.')[2]}` of numbers draws on the default device, the CPU"
    return (Device(Where.DEFAULT, "cpu", Origin(How.FACTORY, node, note, frame.is_guarded)),)


def attribute_of_distribution(value: Distribution, name: str, node: cst.Attribute, frame: Frame) -> Value:
    """`mean`, `scale` and their like are tensors beside the parameters."""
    if name in STATISTICS:
        return Tensor(value.devices, value.rank)
    return UNKNOWN


def call_of_distribution(node: cst.Call, value: Distribution, name: str, arguments: Arguments, frame: Frame) -> Value:
    """`sample`, `log_prob` and the rest."""
    if name in DRAWS:
        sized = bool(arguments.positional or arguments.keywords)
        return Tensor(value.devices, AT_LEAST_ONE if sized else value.rank)
    if name in JUDGES:
        operation = Operation(("distribution", "value"), ("distribution", "value"), Check.ITERATOR, rank=Rank.BROADCAST)
        own = Argument(Tensor(value.devices, value.rank), cast("cst.Attribute", node.func).value)
        judged = arguments.get("value", 0)
        both = Arguments((own, judged)) if judged is not None else Arguments((own,))
        return apply_operation(node, name, operation, both, frame)
    if name in ("expand", "to_event"):
        return value
    if name in STATISTICS:
        return Tensor(value.devices, value.rank)
    return NUMBER if name in NUMBERS else UNKNOWN


def divergence(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    """`kl_divergence(p, q)`: the parameters of both meet."""
    operation = Operation(("p", "q"), ("p", "q"), Check.ITERATOR, rank=Rank.BROADCAST)
    sides = [
        Argument(Tensor(each.value.devices, each.value.rank), each.node)
        for each in arguments.positional
        if isinstance(each.value, Distribution)
    ]
    return apply_operation(node, "kl_divergence", operation, Arguments(tuple(sides)), frame) if sides else UNKNOWN
