"""What follows from a plan's values by arithmetic alone; each result says how it came about."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from devlint.doctor.plan import LaunchPlan, Setting

_ONE_NODE = frozenset({"torchrun", "accelerate", "vllm", "yolo"})
"""Launchers that start on one node unless told otherwise."""

_ACCUMULATES_ONCE = frozenset(
    {"lightning", "transformers", "accelerate", "deepspeed", "mmengine", "detectron2", "ultralytics"}
)
"""Frameworks in which an optimizer step is one forward pass unless told otherwise."""

_PROCESS_PER_DEVICE = frozenset({"lightning", "detectron2", "ultralytics", "deepspeed"})
"""Frameworks that start one process for each device by themselves."""


def derive(plan: LaunchPlan) -> LaunchPlan:
    """The plan with what is missing and can be worked out. What the user wrote is never replaced."""
    for step in (_grants, _nodes, _processes, _world, _batches):
        found: dict[str, Any] = {name: setting for name, setting in step(plan).items() if _is_missing(plan, name)}
        plan = replace(plan, **found)
    return plan


def _is_missing(plan: LaunchPlan, name: str) -> bool:
    return getattr(plan, name) is None and name not in plan.unknown


def _worked_out(value: Any, how: str, main: Setting[Any], *others: Setting[Any] | None) -> Setting[Any]:
    certain = main.certain and all(other.certain for other in others if other is not None)
    return Setting(value, main.key, main.location, how, certain)


def _number(setting: Setting[Any] | None) -> int | None:
    return setting.value if setting is not None and isinstance(setting.value, int) and setting.value > 0 else None


def _combined(
    function: Callable[[float, float], float], sign: str, one: Setting[Any] | None, other: Setting[Any] | None
) -> Setting[Any] | None:
    """`one` and `other` combined if both are known and the result is whole."""
    if one is None or other is None or not one.value or not other.value:
        return None
    if not isinstance(one.value, (int, float)) or not isinstance(other.value, (int, float)):
        return None
    result = function(one.value, other.value)
    if result != int(result) or result < 1:
        return None
    how = f"{one.value} (`{one.key}`) {sign} {other.value} (`{other.key}`)"
    return _worked_out(int(result), how, one, other)


def _times(one: Setting[Any] | None, other: Setting[Any] | None) -> Setting[Any] | None:
    return _combined(lambda first, second: first * second, "x", one, other)


def _over(one: Setting[Any] | None, other: Setting[Any] | None) -> Setting[Any] | None:
    return _combined(lambda first, second: first / second, "/", one, other)


def _some(**settings: Setting[Any] | None) -> dict[str, Setting[Any]]:
    return {name: setting for name, setting in settings.items() if setting is not None}


def _grants(plan: LaunchPlan) -> dict[str, Setting[Any]]:
    """What Slurm gives to one node, from what is asked for per job or per task. Without more it is one task a node."""
    other = plan.other
    tasks = plan.tasks_per_node or _over(plan.tasks, plan.nodes) or (plan.tasks if plan.nodes is None else None)
    one_task = plan.tasks is None and "tasks" not in plan.unknown and plan.tasks_per_node is None
    per_task = other.get("slurm.gpus_per_task")
    total = other.get("slurm.gpus")
    gpus = _times(per_task, tasks) or (_over(total, plan.nodes) if plan.nodes is not None else total)
    cpus = _times(plan.cpus_per_task, tasks) or (plan.cpus_per_task if one_task else None)
    memory = _times(other.get("slurm.mem_per_cpu"), cpus) or _times(
        other.get("slurm.mem_per_gpu"), plan.gpus_granted or gpus
    )
    return _some(
        tasks_per_node=None if plan.tasks is None else tasks,
        gpus_granted=gpus,
        cpus_granted=cpus,
        memory_granted=memory,
    )


def _nodes(plan: LaunchPlan) -> dict[str, Setting[Any]]:
    launcher, framework = plan.launcher, plan.framework
    if launcher is not None and launcher.value in _ONE_NODE:
        return {"nodes": _worked_out(1, f"the default of {launcher.value}", launcher)}
    if framework is not None and framework.value in ("lightning", "ultralytics") and plan.devices is not None:
        return {"nodes": _worked_out(1, f"the default of {framework.value}", plan.devices)}
    hostfile = plan.other.get("deepspeed_launcher.hostfile")
    if launcher is not None and launcher.value == "deepspeed" and hostfile is None and _number(plan.procs_per_node):
        return {"nodes": _worked_out(1, "the default of deepspeed without a hostfile", launcher)}
    return {}


def _processes(plan: LaunchPlan) -> dict[str, Setting[Any]]:
    found = {}
    parallel = [plan.other.get(f"vllm.{name}_parallel_size") for name in ("tensor", "pipeline", "data")]
    sizes = [setting for setting in parallel if setting is not None]
    if sizes and plan.world_size is None:
        how = " x ".join(f"{setting.value} (`{setting.key}`)" for setting in sizes)
        found["world_size"] = _worked_out(math.prod(setting.value for setting in sizes), how, *sizes)
        if _number(plan.nodes) == 1:
            found["devices"] = found["world_size"]
    framework = plan.framework.value if plan.framework is not None else None
    starts_itself = framework in _PROCESS_PER_DEVICE and (
        plan.launcher is None or plan.launcher.value in ("python", "yolo")
    )
    devices = _number(plan.devices)
    if starts_itself and devices and plan.devices is not None:
        found["procs_per_node"] = _worked_out(devices, f"one process for each of {devices} devices", plan.devices)
    elif plan.launcher is not None and plan.launcher.value == "srun" and plan.tasks_per_node is not None:
        found["procs_per_node"] = _worked_out(
            plan.tasks_per_node.value, "srun starts one process per task", plan.tasks_per_node
        )
    elif (each := _over(found.get("world_size", plan.world_size), plan.nodes)) is not None:
        found["procs_per_node"] = each
    return found


def _world(plan: LaunchPlan) -> dict[str, Setting[Any]]:
    return _some(world_size=_times(plan.procs_per_node, plan.nodes), nodes=_over(plan.world_size, plan.procs_per_node))


def _runs_on_one_device(plan: LaunchPlan) -> bool:
    """Then a batch size of unknown kind can only be that of this device."""
    if plan.world_size is not None:
        return bool(plan.world_size.value == 1)
    is_started_once = plan.launcher is None or plan.launcher.value == "python"
    return is_started_once and plan.devices is not None and plan.devices.value == 1


def _batches(plan: LaunchPlan) -> dict[str, Setting[Any]]:
    """Global = micro x accumulation x world size, whichever one is missing."""
    world, micro, total = plan.world_size, plan.micro_batch, plan.global_batch
    if micro is None and total is None and _runs_on_one_device(plan):
        both = plan.batch
        return {} if both is None else {"micro_batch": _worked_out(both.value, f"`{both.key}`, on one device", both)}
    accumulation = plan.gradient_accumulation
    is_once = plan.framework is not None and plan.framework.value in _ACCUMULATES_ONCE
    if accumulation is None and (not is_once or "gradient_accumulation" in plan.unknown):
        both = _times(micro, world)
        if total is not None and both is not None and (left := _over(total, both)) is not None and micro is not None:
            how = f"{total.value} (`{total.key}`) / ({both.derived})"
            return {"gradient_accumulation": _worked_out(left.value, how, total, micro, world)}
        return {}
    steps = _number(accumulation) or 1
    processes = _number(world)
    if processes is None or world is None:
        return {}
    times = f" x {steps} (`{accumulation.key}`)" if accumulation is not None else ""
    rest = f"{processes} (world size){times}"
    if micro is not None and total is None:
        how = f"{micro.value} (`{micro.key}`) x {rest}"
        return {"global_batch": _worked_out(micro.value * processes * steps, how, micro, world, accumulation)}
    if total is not None and micro is None and total.value % (processes * steps) == 0:
        how = f"{total.value} (`{total.key}`) / {rest}"
        return {"micro_batch": _worked_out(total.value // (processes * steps), how, total, world, accumulation)}
    return {}
