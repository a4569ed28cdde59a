"""What is said about a model and its run, by a command line or a launch plan, and what follows from it."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from devlint.doctor.facts import Facts
from devlint.doctor.memory.amount import parse_count, show_count
from devlint.doctor.memory.huggingface import ModelError, read_model
from devlint.doctor.memory.model import Kind, Model, model_of_size
from devlint.doctor.memory.setup import Setup, optimizer_name
from devlint.doctor.plan import LaunchPlan, Setting, Source
from devlint.findings import Location, Span

DEFAULT_SEQUENCE = 2048
_SIZE_IN_NAME = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?[bm])(?![a-z0-9])", re.IGNORECASE)

FLAGS_PATH = "command-line flags"
"""The path of places among devlint's own flags."""

FLAGS: dict[str, str] = {
    "model": "--model",
    "parameters": "--params",
    "hidden": "--hidden",
    "layers": "--layers",
    "heads": "--heads",
    "vocabulary": "--vocab",
    "activations": "--activations",
    "inference": "--inference",
    "dtype": "--dtype",
    "optimizer": "--optimizer",
    "batch": "--batch-size",
    "sequence": "--seq-len",
    "accumulation": "--accumulate",
    "checkpointing": "--gradient-checkpointing",
    "attention": "--attention",
    "lora_rank": "--lora",
    "zero": "--zero",
    "world": "--world",
    "nodes": "--nodes",
    "offload_optimizer": "--offload-optimizer",
    "offload_parameters": "--offload-parameters",
}
"""Field of `Job` -> the flag that sets it."""

_PLAN_FIELDS = {
    "dtype": "precision",
    "batch": "micro_batch",
    "sequence": "sequence_length",
    "accumulation": "gradient_accumulation",
    "checkpointing": "gradient_checkpointing",
    "zero": "zero_stage",
}
_PLAN_VALUES = {"offload_optimizer": "cpu", "offload_parameters": "cpu"}
_OWN_FIELDS = frozenset({"hidden", "layers", "heads", "vocabulary", "activations", "inference", "world", "nodes"})
"""Fields that a plan has no place for, or that would claim that the job starts on this machine."""
_STRENGTH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What somebody says; a field that is None was not said. `model` is a config.json, a folder with one, or a name."""

    model: str | None = None
    parameters: int | None = None
    hidden: int | None = None
    layers: int | None = None
    heads: int | None = None
    vocabulary: int | None = None
    activations: int | None = None
    inference: bool | None = None
    dtype: str | None = None
    optimizer: str | None = None
    batch: int | None = None
    sequence: int | None = None
    accumulation: int | None = None
    checkpointing: bool | None = None
    attention: str | None = None
    lora_rank: int | None = None
    zero: int | None = None
    world: int | None = None
    nodes: int | None = None
    offload_optimizer: bool | None = None
    offload_parameters: bool | None = None

    def resolve(self) -> tuple[Model, Setup]:
        """The model and its setup. Raises ModelError, one line, if the model's size is not said or cannot be used."""
        model = self._model()
        shared = {each.name for each in fields(self)} & {each.name for each in fields(Setup)}
        said = {name: value for name in shared if (value := getattr(self, name)) is not None}
        said.setdefault("sequence", min(DEFAULT_SEQUENCE, model.longest or DEFAULT_SEQUENCE))
        said["training"] = not self.inference
        if self.world is not None:
            said["gpus_per_node"] = max(1, self.world // (self.nodes or 1))
        try:
            return model, Setup(**said)
        except ValueError as error:
            raise ModelError(str(error)) from None

    def _model(self) -> Model:
        if self.parameters is None and self.model is not None and _is_config(Path(self.model)):
            model = read_model(self.model)
        elif size := self.parameters or _size_in(self.model):
            model = model_of_size(
                size, hidden=self.hidden, layers=self.layers, heads=self.heads, vocabulary=self.vocabulary
            )
            if self.model is not None:
                model = replace(model, name=self.model)
        elif self.model is not None:
            raise ModelError(f"the size of the model `{self.model}` is not known: give --params, or its config.json")
        else:
            raise ModelError("the model's size is not known: give --params, or its config.json with --model")
        if self.activations is None:
            return model
        kind = model.kind if self.vocabulary or not model.guessed else Kind.OTHER
        return replace(model, kind=kind, activations_per_sample=self.activations)


def _is_config(path: Path) -> bool:
    return path.is_file() or (path / "config.json").is_file()


def _size_in(name: str | None) -> int | None:
    """The number of parameters that a model's name states, such as 7 billion of `meta-llama/Llama-2-7b-hf`."""
    match = None if name is None else _SIZE_IN_NAME.search(name.replace("-", " ").replace("_", " ").replace("/", " "))
    return parse_count(match[1]) if match else None


def overlay(plan: LaunchPlan, job: Job) -> LaunchPlan:
    """A plan in which what the job says counts more than what files say, as if its flags had been read, too."""
    said = {name: value for name in FLAGS if (value := getattr(job, name)) is not None}
    if not said:
        return plan
    if not ("batch" in said or job.inference or plan.micro_batch or plan.batch):
        said["batch"] = 1
    words = {name: _as_flag(name, value) for name, value in said.items()}
    text = " ".join(words.values())
    settings: dict[str, Setting[Any]] = {}
    for name, value in said.items():
        start = text.index(words[name]) + 1
        place = Location(FLAGS_PATH, Span(1, start, 1, start + len(words[name])))
        settings[_PLAN_FIELDS.get(name, name)] = Setting(_PLAN_VALUES.get(name, value), FLAGS[name], place)
    if job.inference and "micro_batch" in settings:
        settings["eval_batch"] = settings.pop("micro_batch")
    if job.dtype is not None:
        plan = replace(plan, quantization=None)
        if job.dtype in ("int8", "int4"):
            settings["quantization"] = settings.pop("precision")
    own = {name: setting for name, setting in settings.items() if name in _OWN_FIELDS}
    shared: dict[str, Any] = {name: setting for name, setting in settings.items() if name not in own}
    return replace(
        plan,
        **shared,
        sources=(*plan.sources, Source(path=FLAGS_PATH, format="flags", strength=_STRENGTH, text=text)),
        other={**plan.other, **{f"memory.{name}": setting for name, setting in own.items()}},
    )


def _as_flag(name: str, value: Any) -> str:
    if value is True:
        return FLAGS[name]
    is_round = name == "parameters" and parse_count(show_count(value)) == value
    return f"{FLAGS[name]} {show_count(value) if is_round else value}"


def job_of(plan: LaunchPlan) -> Job:
    """What a launch plan says about memory."""
    own = {name: _value(plan.other.get(f"memory.{name}")) for name in _OWN_FIELDS}
    if own["inference"] is None and _value(plan.framework) == "vllm":
        own["inference"] = True
    return Job(
        **{**own, "nodes": own["nodes"] or _value(plan.nodes), "world": own["world"] or _world(plan)},
        model=_model_path(plan),
        parameters=_value(plan.parameters),
        dtype=_dtype(plan),
        optimizer=_optimizer(plan),
        batch=_value(plan.eval_batch if own["inference"] else plan.micro_batch) or _value(plan.batch),
        sequence=_value(plan.sequence_length),
        accumulation=_value(plan.gradient_accumulation),
        checkpointing=_value(plan.gradient_checkpointing),
        attention=_attention(plan),
        lora_rank=_value(plan.lora_rank),
        zero=3 if plan.strategy is not None and "fsdp" in plan.strategy.value.lower() else _value(plan.zero_stage),
        offload_optimizer=_offloads(plan.offload_optimizer),
        offload_parameters=_offloads(plan.offload_parameters),
    )


def planned(plan: LaunchPlan, facts: Facts) -> tuple[Model, Setup] | str:
    """The model and setup of a plan on a machine, or what is missing, in words."""
    job = job_of(plan)
    if job.world is None and plan.devices is not None and facts.gpus:  # `auto`, or -1: all there are
        job = replace(job, world=len(facts.gpus) * (job.nodes or 1))
    if job.model is None and job.parameters is None:
        return "no config says which model it is, or how many parameters it has"
    if job.batch is None and not job.inference:
        return "no config says the batch of one device"
    try:
        return job.resolve()
    except ModelError as error:
        return str(error)


def _value(setting: Setting[Any] | None) -> Any:
    return None if setting is None else setting.value


def _model_path(plan: LaunchPlan) -> str | None:
    """The model as written, or as a path from here if it lies beside the file that names it."""
    if plan.model is None:
        return None
    beside = Path(plan.model.location.path).parent / plan.model.value
    return str(beside) if _is_config(beside) else str(plan.model.value)


def _dtype(plan: LaunchPlan) -> str | None:
    if plan.quantization is not None and plan.quantization.value in ("int8", "int4"):
        return str(plan.quantization.value)
    if plan.precision is not None:
        return str(plan.precision.value)
    for setting, dtype in ((plan.bf16, "bf16-mixed"), (plan.fp16, "fp16-mixed")):
        if setting is not None and setting.value:
            return dtype
    return None


def _optimizer(plan: LaunchPlan) -> str | None:
    """The optimizer if it is a known one; others are taken for the default, AdamW, which needs more than most."""
    try:
        return None if plan.optimizer is None else optimizer_name(str(plan.optimizer.value))
    except ValueError:
        return None


def _attention(plan: LaunchPlan) -> str | None:
    if plan.attention is None:
        return None
    return "eager" if plan.attention.value in ("eager", "math") else "sdpa"


def _world(plan: LaunchPlan) -> int | None:
    """The GPUs of all nodes, if a number is written."""
    if plan.world_size is not None:
        return plan.world_size.value
    nodes = _value(plan.nodes) or 1
    for setting in (plan.procs_per_node, plan.devices):
        if setting is not None and isinstance(setting.value, int) and setting.value > 0:
            return int(setting.value * nodes)
    return max(1, len(plan.device_ids.value)) * nodes if plan.device_ids is not None else None


def _offloads(setting: Setting[str] | None) -> bool | None:
    return None if setting is None else setting.value in ("cpu", "nvme")
