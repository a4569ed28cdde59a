"""DeepSpeed's JSON: <https://www.deepspeed.ai/docs/config-json/>. "auto" leaves a value to the Hugging Face Trainer."""

from __future__ import annotations

from typing import Any, ClassVar

from devlint.doctor.config.claims import Claims, Key, Keys
from devlint.doctor.config.documents import Document
from devlint.doctor.config.kinds import Several, count, flag, text, text_of
from devlint.doctor.config.nodes import Node
from devlint.doctor.config.readers.base import Context, Reader

_SIGNS = ("train_micro_batch_size_per_gpu", "zero_optimization")


def _enabled(name: str) -> Any:
    def kind(node: Node) -> Several | None:
        if (on := flag(node)) is None:
            return None
        return Several({name: on, **({"precision": f"{name}-mixed"} if on else {})})

    return kind


def _offload(node: Node) -> str | None:
    return None if text_of(node) in ("none", "null") else text(node)


class DeepSpeed(Reader):
    """Also puts every value under `other.deepspeed.`, as it is written, for checks of DeepSpeed's own arithmetic."""

    name = "deepspeed"
    framework = "deepspeed"
    strength = 30
    keys: ClassVar[Keys] = {
        "train_batch_size": Key("global_batch", count),
        "train_micro_batch_size_per_gpu": Key("micro_batch", count),
        "gradient_accumulation_steps": Key("gradient_accumulation", count),
        "fp16.enabled": Key("fp16", _enabled("fp16")),
        "bf16.enabled": Key("bf16", _enabled("bf16")),
        "bfloat16.enabled": Key("bf16", _enabled("bf16")),
        "optimizer.type": Key("optimizer", text),
        "zero_optimization.stage": Key("zero_stage", count),
        "zero_optimization.offload_optimizer.device": Key("offload_optimizer", _offload),
        "zero_optimization.offload_param.device": Key("offload_parameters", _offload),
        "zero_optimization.cpu_offload": Key("offload_optimizer", lambda node: "cpu" if flag(node) else None),
    }

    @classmethod
    def detects(cls, document: Document) -> bool:
        is_old = document.has("train_batch_size") and any(
            document.has(name) for name in ("fp16.enabled", "bf16.enabled", "optimizer.type")
        )
        return is_old or any(document.has(sign) for sign in _SIGNS)

    def read(self, document: Document, claims: Claims, context: Context) -> None:
        assert document.root is not None
        self.read_node(document.root, claims)

    def read_node(self, node: Node, claims: Claims) -> None:
        """The same for a config that stands inside of another file."""
        claims.table(node, self.keys)
        claims.all_below(node, self.name)
