"""Hugging Face TrainingArguments, as YAML, JSON, TOML or options: also those of TRL, LLaMA-Factory and axolotl."""

from __future__ import annotations

from devlint.doctor.config.claims import Claims, Key, Keys
from devlint.doctor.config.documents import Document
from devlint.doctor.config.kinds import Several, count, flag, one_of, text, text_of
from devlint.doctor.config.nodes import Node
from devlint.doctor.config.readers.base import Context, Reader
from devlint.doctor.config.readers.deepspeed import DeepSpeed

_SIGNS = frozenset({"per_device_train_batch_size", "per_device_eval_batch_size", "dataloader_num_workers"})
_WEAK_SIGNS = frozenset(
    {
        "gradient_accumulation_steps",
        "output_dir",
        "num_train_epochs",
        "learning_rate",
        "micro_batch_size",
        "base_model",
        "fp16",
        "bf16",
    }
)


def mixed(name: str) -> Key:
    """The flags `fp16` and `bf16`; axolotl also writes `auto` and `full`."""

    def kind(node: Node) -> Several | None:
        is_full = text_of(node).lower() == "full"
        if (on := True if is_full else flag(node)) is None:
            return None
        return Several({name: on, **({"precision": name if is_full else f"{name}-mixed"} if on else {})})

    return Key(name, kind)


def _cpu(node: Node) -> Several | None:
    return Several(device_type="cpu") if flag(node) else None


def quantised(bits: int) -> Key:
    """The flags `load_in_4bit` and `load_in_8bit`."""
    return Key("quantization", lambda node: f"int{bits}" if flag(node) else None)


def _bits(node: Node) -> str | None:
    return f"int{count(node)}" if count(node) in (4, 8) else None


def _fsdp(node: Node) -> Several | None:
    written = " ".join(map(text_of, node.items or (node,)))
    return Several({"strategy": f"fsdp {written}", "other.transformers.fsdp": written}) if written else None


_AS_WRITTEN = ("deepspeed", "auto_find_batch_size", "local_rank", "torch_dtype", "fp16_full_eval", "bf16_full_eval")

ARGUMENTS: Keys = {
    "per_device_train_batch_size": Key("micro_batch", count),
    "per_gpu_train_batch_size": Key("micro_batch", count),
    "per_device_training_batch_size": Key("micro_batch", count),  # DeepSpeed-Chat
    "micro_batch_size": Key("micro_batch", count),  # axolotl
    "per_device_eval_batch_size": Key("eval_batch", count),
    "gradient_accumulation_steps": Key("gradient_accumulation", count),
    "fp16": mixed("fp16"),
    "bf16": mixed("bf16"),
    "tf32": Key("tf32", flag),
    "use_cpu": Key("device_type", _cpu),
    "no_cuda": Key("device_type", _cpu),
    "dataloader_num_workers": Key("workers", count),
    "dataloader_pin_memory": Key("pin_memory", flag),
    "dataloader_persistent_workers": Key("persistent_workers", flag),
    "dataloader_prefetch_factor": Key("prefetch_factor", count),
    "optim": Key("optimizer", text),
    "optimizer": Key("optimizer", text),  # axolotl
    "gradient_checkpointing": Key("gradient_checkpointing", flag),
    "torch_compile": Key("compile", flag),
    "ddp_backend": Key("backend", one_of(nccl="nccl", gloo="gloo", mpi="mpi", ccl="ccl", hccl="hccl")),
    "fsdp": Key("strategy", _fsdp),
    **{name: Key(f"other.transformers.{name}", lambda node: node.value) for name in _AS_WRITTEN},
    "attn_implementation": Key("attention", text),
    "flash_attn": Key(
        "attention", lambda node: "flash_attention_2" if text_of(node) == "fa2" else None
    ),  # LLaMA-Factory
    "flash_attention": Key("attention", lambda node: "flash_attention_2" if flag(node) else None),  # axolotl
    "max_seq_length": Key("sequence_length", count),
    "max_seq_len": Key("sequence_length", count),
    "model_max_length": Key("sequence_length", count),  # LLaVA, FastChat
    "max_length": Key("sequence_length", count),
    "cutoff_len": Key("sequence_length", count),
    "sequence_len": Key("sequence_length", count),
    "model_name_or_path": Key("model", text),
    "base_model": Key("model", text),
    "model": Key("model", text),  # LLaMA-Factory's second version
    "load_in_4bit": quantised(4),
    "load_in_8bit": quantised(8),
    "quantization_bit": Key("quantization", _bits),
    "lora_r": Key("lora_rank", count),
    "lora_rank": Key("lora_rank", count),
}
"""<https://huggingface.co/docs/transformers/main_classes/trainer>; keys of tools built on it are marked."""


class Transformers(Reader):
    """The arguments stand at the top, or in a mapping of their own (`training_args:`)."""

    name = "transformers"
    framework = "transformers"
    strength = 45
    keys = ARGUMENTS

    @classmethod
    def detects(cls, document: Document) -> bool:
        root = document.root
        if root is None or "zero_stage" in root.mapping:  # DeepSpeed's own examples share names, but no Trainer
            return False
        if document.notation == "arguments":
            return bool(_SIGNS & set(root.mapping))
        return _home(root) is not None

    def read(self, document: Document, claims: Claims, context: Context) -> None:
        assert document.root is not None
        prefix, home = _home(document.root) or ("", document.root)
        for name, node in home.mapping.items():
            if name in self.keys:
                claims.apply(self.keys[name], prefix + name, node)
        if (config := home.mapping.get("deepspeed")) is not None and config.mapping:
            DeepSpeed().read_node(config, claims)
        else:
            claims.mention(config)
        if prefix:  # the model's arguments may stand beside
            claims.table(
                document.root, {f"**.{name}": self.keys[name] for name in ("model_name_or_path", "attn_implementation")}
            )


def _home(root: Node) -> tuple[str, Node] | None:
    """The mapping that holds the arguments, and its dotted path with a dot behind."""
    if _SIGNS & set(root.mapping) or len(_WEAK_SIGNS & set(root.mapping)) >= 3:
        return "", root
    for name, node in root.mapping.items():
        if _SIGNS & set(node.mapping):
            return f"{name}.", node
    return None
