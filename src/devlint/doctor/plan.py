"""What a job asks for, whatever files say it: one plan, each value with the place that set it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Generic, TypeVar

from devlint.findings import Location

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Setting(Generic[T_co]):
    """One value of a plan: `key` as its author wrote it (`trainer.devices`, `--num-workers`), and where.

    `derived` says how the value was worked out where it is not what is written; `certain` is False where the key's
    meaning is a guess (a `--batch-size` of somebody's own script). `overrides` are the weaker settings, strongest
    first.
    """

    value: T_co
    key: str
    location: Location
    derived: str | None = None
    certain: bool = True
    overrides: tuple[Setting[Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file or command line that the plan was read from; `format` is the reader's name, greater `strength` wins."""

    path: str
    format: str
    strength: int
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchPlan:
    """What a job asks of a machine; a field that nothing sets is None. Sizes are in bytes.

    Batches are kept apart: `micro_batch` is one forward pass of one device, `global_batch` one optimizer step of all,
    `batch` is of unknown kind. `precision` is one of `fp64 fp32 tf32 fp16 bf16 fp16-mixed bf16-mixed fp8`.
    `device_type` is `cpu cuda mps xpu npu auto`; `devices` is how many each node uses (or `auto`), `device_ids`
    which. `launcher` is `python torchrun accelerate deepspeed srun mpirun vllm yolo`; `framework` is `lightning
    transformers accelerate deepspeed mmengine detectron2 ultralytics hydra vllm`. `gpus_granted` and the like are
    what a scheduler or container grants to a node. `environment` are variables that the files set. `other` are
    settings for checks that know a format, by `format.key` (`deepspeed.train_batch_size`), as written. `unknown` are
    fields that something sets to what cannot be known from here, such as `$BATCH`: the Setting's value says why, and
    the field itself is None.
    """

    sources: tuple[Source, ...] = ()
    launcher: Setting[str] | None = None
    framework: Setting[str] | None = None
    script: Setting[str] | None = None

    device_type: Setting[str] | None = None
    devices: Setting[int | str] | None = None
    device_ids: Setting[tuple[int, ...]] | None = None
    procs_per_node: Setting[int | str] | None = None
    nodes: Setting[int] | None = None
    world_size: Setting[int] | None = None
    strategy: Setting[str] | None = None
    backend: Setting[str] | None = None
    zero_stage: Setting[int] | None = None
    offload_optimizer: Setting[str] | None = None
    offload_parameters: Setting[str] | None = None

    micro_batch: Setting[int] | None = None
    eval_batch: Setting[int] | None = None
    global_batch: Setting[int] | None = None
    batch: Setting[int] | None = None
    gradient_accumulation: Setting[int] | None = None

    precision: Setting[str] | None = None
    fp16: Setting[bool] | None = None
    bf16: Setting[bool] | None = None
    tf32: Setting[bool] | None = None
    quantization: Setting[str] | None = None
    optimizer: Setting[str] | None = None
    gradient_checkpointing: Setting[bool] | None = None
    compile: Setting[bool] | None = None
    attention: Setting[str] | None = None
    sequence_length: Setting[int] | None = None
    image_size: Setting[int] | None = None
    model: Setting[str] | None = None
    parameters: Setting[int] | None = None
    lora_rank: Setting[int] | None = None
    gpu_memory_utilization: Setting[float] | None = None

    workers: Setting[int] | None = None
    pin_memory: Setting[bool] | None = None
    persistent_workers: Setting[bool] | None = None
    prefetch_factor: Setting[int] | None = None

    gpus_granted: Setting[int] | None = None
    gpu_type: Setting[str] | None = None
    tasks: Setting[int] | None = None
    tasks_per_node: Setting[int] | None = None
    cpus_granted: Setting[float] | None = None
    cpus_per_task: Setting[float] | None = None
    memory_granted: Setting[int] | None = None
    shm: Setting[int] | None = None
    ipc_host: Setting[bool] | None = None
    containerised: Setting[bool] | None = None
    srun: Setting[bool] | None = None

    environment: Mapping[str, Setting[str]] = field(default_factory=dict)
    other: Mapping[str, Setting[Any]] = field(default_factory=dict)
    unknown: Mapping[str, Setting[str]] = field(default_factory=dict)

    def settings(self) -> dict[str, Setting[Any]]:
        """Every field that something sets, by name, in the order of this class."""
        pairs = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: value for name, value in pairs if isinstance(value, Setting)}

    @property
    def wants_gpu(self) -> bool | None:
        """Whether the job asks for an accelerator; None if nothing says."""
        if self.device_type is not None and self.device_type.value != "auto":
            return self.device_type.value != "cpu"
        asks = (self.device_ids, self.gpus_granted)
        return True if any(ask is not None and ask.value for ask in asks) else None
