"""accelerate's `default_config.yaml`, as `accelerate config` writes it."""

from __future__ import annotations

from typing import ClassVar

from devlint.doctor.config.claims import Claims, Key, Keys
from devlint.doctor.config.documents import Document
from devlint.doctor.config.kinds import Several, count, flag, ids, one_of, precision, text, text_of
from devlint.doctor.config.nodes import Node
from devlint.doctor.config.readers.base import Context, Reader

_TYPES = {
    "NO": {},
    "MULTI_GPU": {"device_type": "cuda", "strategy": "ddp"},
    "MULTI_CPU": {"device_type": "cpu", "strategy": "ddp"},
    "MULTI_XPU": {"device_type": "xpu", "strategy": "ddp"},
    "MULTI_NPU": {"device_type": "npu", "strategy": "ddp"},
    "DEEPSPEED": {"strategy": "deepspeed"},
    "FSDP": {"strategy": "fsdp"},
    "MEGATRON_LM": {"strategy": "megatron"},
}


def distributed_type(node: Node) -> Several | None:
    """`distributed_type`: the strategy, and where it tells the device; `NO` says that nothing is distributed."""
    return Several(_TYPES.get(text_of(node).upper(), {})) or None


def use_cpu(node: Node) -> Several | None:
    """`use_cpu: true`; false leaves the choice to the machine."""
    return Several(device_type="cpu") if flag(node) else None


class Accelerate(Reader):
    """`num_processes` counts those of all machines. A script's own arguments win over the file."""

    name = "accelerate"
    framework = "accelerate"
    strength = 35
    keys: ClassVar[Keys] = {
        "distributed_type": Key("strategy", distributed_type),
        "mixed_precision": Key("precision", precision),
        "num_processes": Key("world_size", count),
        "num_machines": Key("nodes", count),
        "gpu_ids": Key("device_ids", ids),
        "use_cpu": Key("device_type", use_cpu),
        "rdzv_backend": Key("other.torchrun.rdzv_backend", text),
        "deepspeed_config.gradient_accumulation_steps": Key("gradient_accumulation", count),
        "deepspeed_config.zero_stage": Key("zero_stage", count),
        "deepspeed_config.offload_optimizer_device": Key(
            "offload_optimizer", lambda node: None if text_of(node) == "none" else text(node)
        ),
        "deepspeed_config.offload_param_device": Key(
            "offload_parameters", lambda node: None if text_of(node) == "none" else text(node)
        ),
        "fsdp_config.fsdp_offload_params": Key("offload_parameters", lambda node: "cpu" if flag(node) else None),
        "fsdp_config.fsdp_activation_checkpointing": Key("gradient_checkpointing", flag),
        "dynamo_config.dynamo_backend": Key("compile", lambda node: text_of(node).upper() != "NO"),
        "dynamo_backend": Key("compile", lambda node: text_of(node).upper() != "NO"),
        "distributed_backend": Key("backend", one_of(nccl="nccl", gloo="gloo", mpi="mpi", ccl="ccl")),
    }

    @classmethod
    def detects(cls, document: Document) -> bool:
        beside = ("num_processes", "mixed_precision", "fsdp_config", "deepspeed_config")
        is_short = document.has("distributed_type") and any(document.has(name) for name in beside)
        return is_short or document.has("compute_environment")

    def read(self, document: Document, claims: Claims, context: Context) -> None:
        assert document.root is not None
        claims.table(document.root, self.keys)
        claims.mention(document.root.at("deepspeed_config.deepspeed_config_file"))
        if (node := document.root.mapping.get("distributed_type")) is not None:
            claims.add("other.accelerate.distributed_type", text_of(node), "distributed_type", node)
