"""What several checks work out from facts and plan: visible GPUs, processes of a node, usable CPUs, versions."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from devlint.doctor import visible
from devlint.doctor.catalog.card import Segment
from devlint.doctor.catalog.gpus import find
from devlint.doctor.checks.base import CannotTell, Case, DoesNotApply
from devlint.doctor.checks.words import label
from devlint.doctor.facts import Gpu, GpuVendor, Library
from devlint.doctor.plan import LaunchPlan, Setting


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable as the job will see it: what a config sets wins over the machine's own environment."""

    name: str
    value: str
    setting: Setting[str] | None = None

    @property
    def fact(self) -> str | None:
        """The path of the fact, where no config sets it."""
        return None if self.setting else f"environment.{self.name}"


@dataclass(frozen=True, slots=True)
class Count:
    """A number of processes, devices or CPUs, with the setting that says so and the rest of its story in words."""

    value: int
    how: str
    setting: Setting[Any] | None = None


def variable(case: Case, name: str) -> Variable | None:
    """The variable, None if it is not set, CannotTell if the environment is not known."""
    setting = case.plan.environment.get(name)
    if setting is not None:
        return Variable(name, setting.value, setting)
    if f"environment.{name}" in case.plan.unknown:
        raise CannotTell(f"a config sets {name}, but {case.plan.unknown[f'environment.{name}'].value}")
    value = case.need(case.facts.environment, "environment", "the environment").get(name)
    return None if value is None else Variable(name, value)


def all_gpus(case: Case, *vendors: GpuVendor) -> tuple[Gpu, ...]:
    """The GPUs of these vendors (none given: of all), or DoesNotApply if there are none."""
    gpus = case.need(case.facts.gpus, "gpus", "which GPUs this machine has")
    found = tuple(gpu for gpu in gpus if not vendors or gpu.vendor in vendors)
    if not found:
        makers = " or ".join({"nvidia": "NVIDIA", "amd": "AMD"}.get(vendor, vendor.title()) for vendor in vendors)
        raise DoesNotApply(f"this machine has no {makers + ' ' if makers else ''}GPU")
    return found


def wanted_gpus(case: Case, *vendors: GpuVendor) -> tuple[Gpu, ...]:
    """`all_gpus`, or DoesNotApply if a config says that the job runs on the CPU."""
    if case.plan.wants_gpu is False:
        raise DoesNotApply("the job runs on the CPU")
    return all_gpus(case, *vendors)


def nvidia_gpus(case: Case) -> tuple[Gpu, ...]:
    """The NVIDIA GPUs, or DoesNotApply."""
    return all_gpus(case, GpuVendor.NVIDIA)


def visibility(case: Case) -> Variable | None:
    """The variable that decides which GPUs torch sees, if one is set."""
    vendors = {gpu.vendor for gpu in case.facts.gpus or ()}
    rocm = GpuVendor.AMD in vendors and GpuVendor.NVIDIA not in vendors
    names = (
        ("HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES") if rocm else ("CUDA_VISIBLE_DEVICES",)
    )
    return next((found for found in (variable(case, name) for name in names) if found is not None), None)


def on_this_machine(case: Case) -> None:
    """CannotTell if a scheduler is to start the job, and this machine was probed outside of any job of a scheduler."""
    scheduled = [source.format for source in case.plan.sources if source.format in ("slurm", "kubernetes")]
    if scheduled and case.facts.origin.kind == "probed" and case.facts.scheduler is None:
        scheduler = scheduled[0].title()
        raise CannotTell(f"{scheduler} starts the job on a machine of its own: run this there, or give its --facts")


def visible_gpus(case: Case) -> tuple[Gpu, ...]:
    """The NVIDIA or AMD GPUs that torch can see, in the order of its indices; a MIG slice counts as the only one.

    An environment that nobody looked at counts as empty: a plan may be judged against a machine that is not at hand.
    """
    on_this_machine(case)
    gpus = tuple(gpu for gpu in case.need(case.facts.gpus, "gpus", "which GPUs this machine has") if gpu.driver_seen)
    gpus = tuple(gpu for gpu in gpus if gpu.vendor in (GpuVendor.NVIDIA, GpuVendor.AMD))
    try:
        limit = visibility(case)
    except CannotTell:
        limit = None
    if limit is None:
        whole = tuple(gpu for gpu in gpus if not gpu.mig_mode)
        return whole or tuple(mig_slices(gpus)[:1])
    entries = visible.parse(limit.value)
    if entries and str(entries[0]).startswith("MIG-"):
        return tuple(gpu for gpu in mig_slices(gpus) if (gpu.uuid or "").startswith(str(entries[0])))[:1]
    if any(isinstance(entry, str) for entry in entries) and any(gpu.uuid is None for gpu in gpus):
        raise CannotTell(f"{limit.name}={limit.value} names GPUs by UUID, and their UUIDs are not in the facts")
    chosen = [gpus[index] for index in visible.select(entries, [gpu.uuid for gpu in gpus])]
    return tuple(slice for gpu in chosen for slice in (mig_slices([gpu])[:1] if gpu.mig_mode else [gpu]))


def mig_slices(gpus: Iterable[Gpu]) -> list[Gpu]:
    """Every MIG instance as a GPU of its own, with the instance's memory."""
    return [
        dataclasses.replace(
            gpu,
            name=f"{label(gpu)} MIG {instance.profile or ''}".strip(),
            uuid=instance.uuid,
            memory_total=instance.memory,
            memory_free=None,
        )
        for gpu in gpus
        for instance in gpu.mig_instances
    ]


def processes(case: Case) -> Count:
    """How many processes of the job run on a node; 1 if nothing says."""
    plan = case.plan
    for field in ("procs_per_node", "devices"):
        setting = case.setting(field)
        if setting is not None:
            value = setting.value
            number = value if isinstance(value, int) and value > 0 else _every_device(case)
            return Count(number, f"`{setting.key}` is {value}", setting)
    if plan.device_ids is not None and plan.launcher is not None and plan.launcher.value != "python":
        return Count(len(plan.device_ids.value), f"`{plan.device_ids.key}` names that many", plan.device_ids)
    if plan.world_size is not None:
        nodes = plan.nodes.value if plan.nodes is not None else 1
        return Count(max(1, plan.world_size.value // max(1, nodes)), f"`{plan.world_size.key}`", plan.world_size)
    if plan.tasks_per_node is not None and plan.srun is not None and plan.srun.value:
        return Count(plan.tasks_per_node.value, f"`{plan.tasks_per_node.key}`", plan.tasks_per_node)
    if takes_every_gpu(plan):
        return Count(_every_device(case), "the deepspeed launcher takes every GPU", plan.launcher)
    return Count(1, "one process")


def takes_every_gpu(plan: LaunchPlan) -> bool:
    """Whether the launcher starts a process for each GPU unless told otherwise."""
    return plan.launcher is not None and plan.launcher.value == "deepspeed" and plan.device_ids is None


def _every_device(case: Case) -> int:
    """What `auto`, `gpu` or -1 come to: as many as there are visible GPUs, or one process."""
    return max(1, len(visible_gpus(case))) if case.plan.wants_gpu is not False else 1


def gpus_asked(case: Case) -> Count | None:
    """How many GPUs of a node the job asks for by number; None if it does not."""
    plan = case.plan
    if plan.device_type is not None and plan.device_type.value not in ("cuda", "auto"):
        return None
    if plan.backend is not None and plan.backend.value == "gloo" and plan.wants_gpu is None:
        return None
    number = case.setting("procs_per_node") or case.setting("devices")
    if number is not None and isinstance(number.value, int) and number.value > 0:
        return Count(number.value, f"`{number.key}` asks for {number.value}", number)
    if plan.device_ids is not None:
        named = len(plan.device_ids.value)
        return Count(named, f"`{plan.device_ids.key}` names {named}", plan.device_ids)
    if plan.world_size is not None:
        nodes = plan.nodes.value if plan.nodes is not None else 1
        needed = -(-plan.world_size.value // max(1, nodes))
        return Count(needed, f"`{plan.world_size.key}` needs {needed} a node", plan.world_size)
    return None


def job_gpus(case: Case) -> tuple[Gpu, ...]:
    """The visible GPUs that the job uses, or DoesNotApply if it uses none."""
    if case.plan.wants_gpu is False:
        raise DoesNotApply("the job runs on the CPU")
    if case.plan.device_type is not None and case.plan.device_type.value in ("mps", "xpu", "npu"):
        raise DoesNotApply(f"the job runs on {case.plan.device_type.value}")
    seen = visible_gpus(case)
    if case.plan.device_ids is not None:
        used = tuple(seen[index] for index in case.plan.device_ids.value if 0 <= index < len(seen))
    else:
        used = seen[: processes(case).value]
    if not used:
        raise DoesNotApply("no GPU is visible to the job")
    return used


def nvidia_job_gpus(case: Case) -> tuple[Gpu, ...]:
    """Those of `job_gpus` that have a compute capability's rules, NVIDIA's, or DoesNotApply."""
    gpus = tuple(gpu for gpu in job_gpus(case) if gpu.vendor is GpuVendor.NVIDIA)
    if not gpus:
        raise DoesNotApply("the job runs on no NVIDIA GPU")
    return gpus


def gpu_below(case: Case, floor: tuple[int, int]) -> Gpu | None:
    """The first NVIDIA GPU of the job whose compute capability is below `floor`, if there is one."""
    return next((gpu for gpu in nvidia_job_gpus(case) if capability(case, gpu) < floor), None)


def capability(case: Case, gpu: Gpu) -> tuple[int, int]:
    """The GPU's compute capability, or CannotTell."""
    return case.need(
        gpu.compute_capability, f"gpus.{gpu.index}.compute_capability", f"{label(gpu)}'s compute capability"
    )


def memory_of(case: Case, gpu: Gpu) -> int:
    """The GPU's memory in bytes, or CannotTell."""
    return case.need(gpu.memory_total, f"gpus.{gpu.index}.memory_total", f"{label(gpu)}'s memory")


def smallest_gpu(case: Case) -> tuple[Gpu, int]:
    """The GPU of the job with the least memory, and that memory in bytes."""
    return min(((gpu, memory_of(case, gpu)) for gpu in job_gpus(case)), key=lambda pair: pair[1])


def asks_for(case: Case, kind: str) -> Setting[Any] | None:
    """The setting that asks for a precision such as `fp16` or `bf16` (mixed or pure), if one does."""
    flag = case.setting(kind) if kind in ("fp16", "bf16") else None
    if flag is not None and flag.value:
        return flag
    precision = case.setting("precision")
    return precision if precision is not None and precision.value.partition("-")[0] == kind else None


def asked_for(case: Case, kind: str) -> Setting[Any]:
    """`asks_for`, or DoesNotApply."""
    setting = asks_for(case, kind)
    if setting is None:
        raise DoesNotApply(f"the job does not ask for {kind}")
    return setting


def usable_cpus(case: Case) -> Count:
    """Whole CPUs that a job may use here, or that its configs grant it, whichever is less."""
    on_this_machine(case)
    cpu = case.need(case.facts.cpu, "cpu", "how many CPUs this machine has")
    limits = [
        Count(limit, how)
        for limit, how in (
            (cpu.threads, "the machine has"),
            (cpu.affinity, "this process may run on (CPU affinity)"),
            (None if cpu.quota is None else max(1, int(cpu.quota)), "the container's CPU quota allows"),
        )
        if limit is not None
    ]
    granted = case.plan.cpus_granted
    if granted is not None:
        limits.append(Count(max(1, int(granted.value)), f"`{granted.key}` grants", granted))
    if not limits:
        case.need(cpu.threads, "cpu.threads", "how many CPUs this machine has")
    return min(limits, key=lambda limit: limit.value)


def library(case: Case, name: str) -> Library:
    """An installed library, DoesNotApply if it is not installed, CannotTell if nobody looked."""
    found = case.need(case.facts.libraries, "libraries", "which libraries are installed").get(name)
    if found is None:
        raise DoesNotApply(f"{name} is not installed")
    return found


def format_of(plan: LaunchPlan, setting: Setting[Any] | None) -> str | None:
    """The format of the file that a setting stands in."""
    if setting is None:
        return None
    return next((source.format for source in plan.sources if source.path == setting.location.path), None)


def starts_ranks(plan: LaunchPlan) -> bool:
    """Whether each of Slurm's tasks is one rank of Lightning: not under a launcher of its own."""
    launcher = plan.launcher.value if plan.launcher is not None else "python"
    return plan.framework is not None and plan.framework.value == "lightning" and launcher in ("python", "srun")


def is_for_servers(gpu: Gpu) -> bool:
    """Whether the catalogue knows it as a data-centre or workstation card."""
    card = find(gpu.name) if gpu.name is not None else None
    return card is not None and card.segment in (Segment.DATACENTER, Segment.WORKSTATION)
