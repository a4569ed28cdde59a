"""Any other config, by the names of its keys alone: what they mean is a guess, and said to be one."""

from __future__ import annotations

from typing import Any, ClassVar

from devlint.doctor.config.claims import Claims, Key, Keys, lookup
from devlint.doctor.config.documents import Document
from devlint.doctor.config.kinds import (
    Several,
    WrongValue,
    count,
    device,
    devices,
    dtype,
    flag,
    ids,
    one_of,
    precision,
    text,
    text_of,
)
from devlint.doctor.config.nodes import Node
from devlint.doctor.config.readers.base import Context, Reader
from devlint.doctor.config.readers.transformers import quantised

_SIGNS_NEEDED = 2
_ELSEWHERE = frozenset(
    """
    val valid validation test eval evaluation inference infer predict callbacks logger logging wandb hydra profiler
    tokenizer val_dataloader test_dataloader val_loader test_loader eval_dataloader dataset datasets export
    """.split()
)
"""Below these keys, a batch size or a device is not that of training."""


def _half(name: str) -> Key:
    def kind(node: Node) -> Several | None:
        if (on := flag(node)) is None:
            return None
        return Several({name: on, **({"precision": f"{name}-mixed"} if on else {})})

    return Key(name, kind, certain=False)


def _amp(node: Node) -> Any:
    """A flag, or the name of a mode."""
    try:
        return "fp16-mixed" if flag(node) else None
    except WrongValue:
        return precision(node)


def _on_cpu(node: Node) -> Several | None:
    return Several(device_type="cpu") if flag(node) else None


def class_name(node: Node) -> str:
    """`torch.optim.AdamW` without its module."""
    return text_of(node).rpartition(".")[2]


def _guess(field: str, kind: Any, names: str) -> Keys:
    return {f"**.{name}": Key(field, kind, certain=False) for name in names.split()}


NAMES: Keys = {
    **_guess("device_type", device, "device"),
    **_guess("device_ids", ids, "gpu gpu_id gpu_ids gpu_idx visible_devices device_ids"),
    **_guess(
        "devices", devices, "gpus devices num_gpus n_gpus ngpus n_gpu num_devices gpus_per_node num_gpus_per_node"
    ),
    **_guess("device_type", _on_cpu, "no_cuda use_cpu cpu force_cpu"),
    **_guess("nodes", count, "nodes num_nodes nnodes num_machines"),
    **_guess("world_size", count, "world_size"),
    **_guess("procs_per_node", count, "nproc_per_node"),
    **_guess(
        "backend", one_of(nccl="nccl", gloo="gloo", mpi="mpi"), "dist_backend ddp_backend backend distributed_backend"
    ),
    **_guess("batch", count, "batch_size train_batch_size batchsize bs batch training_batch_size"),
    **_guess(
        "micro_batch",
        count,
        "micro_batch_size per_gpu_batch_size batch_size_per_gpu per_device_batch_size samples_per_gpu",
    ),
    **_guess(
        "micro_batch", count, "batch_size_per_device microbatch_size device_batch_size device_train_microbatch_size"
    ),
    **_guess("micro_batch", count, "per_device_train_batch_size per_device_training_batch_size local_batch_size"),
    **_guess("global_batch", count, "global_batch_size total_batch_size effective_batch_size global_train_batch_size"),
    **_guess("eval_batch", count, "eval_batch_size val_batch_size test_batch_size per_device_eval_batch_size"),
    **_guess(
        "gradient_accumulation", count, "gradient_accumulation_steps grad_accum accum_steps accumulate_grad_batches"
    ),
    **_guess(
        "gradient_accumulation",
        count,
        "grad_accum_steps gradient_accumulation accumulation_steps accum_iter grad_accumulation_steps",
    ),
    **_guess(
        "workers",
        count,
        "data_loader_workers num_workers workers n_workers nworkers dataloader_num_workers num_data_workers",
    ),
    **_guess("pin_memory", flag, "pin_memory pin_mem"),
    **_guess("persistent_workers", flag, "persistent_workers"),
    **_guess("prefetch_factor", count, "prefetch_factor"),
    **_guess("precision", precision, "precision mixed_precision"),
    **_guess("precision", dtype, "dtype"),
    **_guess("precision", _amp, "amp use_amp"),
    "**.fp16": _half("fp16"),
    "**.bf16": _half("bf16"),
    **_guess("tf32", flag, "tf32 allow_tf32"),
    **_guess(
        "gradient_checkpointing",
        flag,
        "gradient_checkpointing activation_checkpointing enable_activation_checkpointing",
    ),
    **_guess("gradient_checkpointing", flag, "grad_checkpointing use_gradient_checkpointing"),
    **_guess("compile", flag, "compile torch_compile torchcompile use_compile"),
    **_guess("attention", text, "attn_implementation attn_impl"),
    **_guess(
        "sequence_length", count, "seq_len max_seq_len max_seq_length sequence_length seq_length block_size cutoff_len"
    ),
    **_guess("image_size", count, "img_size image_size imgsz resolution"),
    **_guess("optimizer", text, "optimizer opt optim"),
    **_guess("model", text, "arch model_name model_name_or_path base_model pretrained_model_name_or_path"),
    **_guess("strategy", text, "strategy"),
    **_guess("quantization", text, "quantize quantization"),
    **_guess("zero_stage", count, "zero_stage"),
    **_guess("lora_rank", count, "lora_r lora_rank"),
    **_guess("optimizer", class_name, "optimizer.class_path optimizer._target_ optimizer._component_ optimizer.name"),
    "compile.enable": Key("compile", flag, certain=False),
    "model.name": Key("model", text, certain=False),
    "**.load_in_4bit": quantised(4),
    "**.load_in_8bit": quantised(8),
}
"""Names that scripts give their options, wherever they stand."""

SHORT: Keys = {"b": Key("batch", count, certain=False), "j": Key("workers", count, certain=False)}
"""One-letter options, as in PyTorch's ImageNet example."""


class Plain(Reader):
    """The last resort: at least two keys with names that are known."""

    name = "plain"
    general = True
    keys: ClassVar[Keys] = NAMES

    @classmethod
    def detects(cls, document: Document) -> bool:
        return document.root is not None and len({key.field for _, _, key in named(document.root)}) >= _SIGNS_NEEDED

    def read(self, document: Document, claims: Claims, context: Context) -> None:
        if document.root is not None:
            for dotted, node, key in named(document.root):
                claims.apply(key, dotted, node)


def named(root: Node) -> list[tuple[str, Node, Key]]:
    """The keys of known names: what stands below `train` comes last and so counts most, then what stands higher up."""
    found = []
    for dotted, node in root.walk():
        parts = dotted.split(".")
        is_value = node.value is not None and not node.mapping
        if is_value and not _ELSEWHERE & set(parts[:-1]) and (key := lookup(NAMES, dotted)) is not None:
            found.append((dotted, node, key))
    return sorted(found, key=lambda each: ("train" in each[0].rpartition(".")[0], -each[0].count(".")))
