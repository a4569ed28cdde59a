"""Lightning CLI YAML: `trainer:` with the Trainer's arguments, `data:` with a data module's."""

from __future__ import annotations

from typing import Any, ClassVar

from devlint.doctor.config.claims import Key, Keys
from devlint.doctor.config.documents import Document
from devlint.doctor.config.kinds import Several, count, devices, flag, one_of, precision, text, text_of
from devlint.doctor.config.nodes import Node
from devlint.doctor.config.readers.base import Reader

_TYPES = {
    **dict.fromkeys(("gpu", "cuda"), "cuda"),
    **{each: each for each in ("cpu", "mps", "xpu", "npu", "hpu", "tpu", "auto")},
}
_SIGNS = (
    "accelerator",
    "devices",
    "gpus",
    "max_epochs",
    "max_steps",
    "precision",
    "strategy",
    "num_nodes",
    "accumulate_grad_batches",
)


def accelerator(node: Node) -> Several | None:
    """Lightning's `accelerator`; before 1.5 it also named the strategy (`ddp`)."""
    written = text_of(node).strip().lower()
    if written in _TYPES:
        return Several(device_type=_TYPES[written])
    return Several(strategy=written) if written.startswith(("ddp", "dp", "horovod")) else None


def gpus(node: Node) -> Any:
    """Lightning's `gpus` before 2.0: as `devices`, and on CUDA."""
    found = devices(node)
    if found in (None, 0):
        return None
    return Several(device_type="cuda", **(found if isinstance(found, Several) else {"devices": found}))


TRAINER: Keys = {
    "accelerator": Key("device_type", accelerator),
    "devices": Key("devices", devices),
    "gpus": Key("devices", gpus),
    "num_nodes": Key("nodes", count),
    "precision": Key("precision", precision),
    "strategy": Key("strategy", text),
    "accumulate_grad_batches": Key("gradient_accumulation", count),
}
"""The arguments of `Trainer` (and of `Fabric`), <https://lightning.ai/docs/pytorch/stable/common/trainer.html>."""

DATA: Keys = {
    "batch_size": Key("micro_batch", count),
    "train_batch_size": Key("micro_batch", count),
    "batch_size_per_device": Key("micro_batch", count),
    "val_batch_size": Key("eval_batch", count),
    "eval_batch_size": Key("eval_batch", count),
    "num_workers": Key("workers", count),
    "pin_memory": Key("pin_memory", flag),
    "persistent_workers": Key("persistent_workers", flag),
    "prefetch_factor": Key("prefetch_factor", count),
}
"""The arguments by which data modules hand a DataLoader's on; a batch is that of one device."""


class Lightning(Reader):
    """`trainer.strategy` may be a mapping with `class_path`; batch sizes are those of one device."""

    name = "lightning"
    framework = "lightning"
    keys: ClassVar[Keys] = {
        **{f"trainer.{name}": key for name, key in TRAINER.items()},
        **{f"data.**.{name}": key for name, key in DATA.items()},
        "trainer.strategy.class_path": Key("strategy", text),
        "optimizer.class_path": Key("optimizer", lambda node: text_of(node).rpartition(".")[2]),
        "trainer.plugins.process_group_backend": Key("backend", one_of(nccl="nccl", gloo="gloo", mpi="mpi")),
    }

    @classmethod
    def detects(cls, document: Document) -> bool:
        if document.root is None:
            return False
        trainer = document.root.mapping.get("trainer")
        is_hydra = document.has("defaults") or document.has("trainer._target_")
        return trainer is not None and not is_hydra and any(sign in trainer.mapping for sign in _SIGNS)
