"""MMEngine's configs (OpenMMLab), in Python or YAML; `_base_` files are merged in, nothing is executed."""

from __future__ import annotations

from typing import ClassVar

from devlint.doctor.config.claims import Claims, Key, Keys
from devlint.doctor.config.documents import Document
from devlint.doctor.config.kinds import Several, count, flag, one_of, text, text_of
from devlint.doctor.config.nodes import DEEPEST, Node, merged
from devlint.doctor.config.precision import MIXED
from devlint.doctor.config.readers.base import Context, Reader

_SIGNS = ("train_dataloader", "optim_wrapper", "env_cfg", "default_hooks", "data.samples_per_gpu")
_BACKEND = one_of(nccl="nccl", gloo="gloo", mpi="mpi", hccl="hccl", cncl="cncl")


def _launcher(node: Node) -> str | None:
    return {"slurm": "srun", "mpi": "mpirun"}.get(text_of(node))


def _amp(node: Node) -> Several | None:
    return Several(precision="fp16-mixed") if flag(node) else None


class MMEngine(Reader):
    """Batch sizes are those of one GPU. `samples_per_gpu` and `workers_per_gpu` are those of the older MMCV."""

    name = "mmengine"
    framework = "mmengine"
    keys: ClassVar[Keys] = {
        "train_dataloader.batch_size": Key("micro_batch", count),
        "val_dataloader.batch_size": Key("eval_batch", count),
        "train_dataloader.num_workers": Key("workers", count),
        "train_dataloader.persistent_workers": Key("persistent_workers", flag),
        "train_dataloader.pin_memory": Key("pin_memory", flag),
        "train_dataloader.prefetch_factor": Key("prefetch_factor", count),
        "data.samples_per_gpu": Key("micro_batch", count),
        "data.workers_per_gpu": Key("workers", count),
        "optim_wrapper.accumulative_counts": Key("gradient_accumulation", count),
        "optim_wrapper.optimizer.type": Key("optimizer", text),
        "optimizer.type": Key("optimizer", text),
        "env_cfg.dist_cfg.backend": Key("backend", _BACKEND),
        "dist_params.backend": Key("backend", _BACKEND),
        "launcher": Key("launcher", _launcher),
        "auto_scale_lr.base_batch_size": Key("other.mmengine.auto_scale_lr.base_batch_size", count),
        "compile": Key("compile", flag),
        "model.type": Key("model", text),
        "amp": Key("precision", _amp, certain=False),
    }

    @classmethod
    def detects(cls, document: Document) -> bool:
        return any(document.has(sign) for sign in _SIGNS) or (document.notation == "python" and document.has("_base_"))

    def read(self, document: Document, claims: Claims, context: Context) -> None:
        assert document.root is not None
        root = document.root
        if document.notation != "python":  # its own parser has merged those already
            root = _with_bases(document, context)
        claims.table(root, self.keys)
        self._precision(root, claims)

    def _precision(self, root: Node, claims: Claims) -> None:
        """An AmpOptimWrapper is float16 unless its `dtype` says otherwise; without one, training is in float32."""
        wrapper = root.at("optim_wrapper.type")
        if wrapper is None or wrapper.unknown is not None:
            return
        dtype = root.at("optim_wrapper.dtype")
        is_amp = text_of(wrapper).rpartition(".")[2] == "AmpOptimWrapper"
        if is_amp and dtype is not None and isinstance(dtype.value, str):
            claims.add("precision", MIXED.get(dtype.value, "fp16-mixed"), "optim_wrapper.dtype", dtype)
        elif is_amp:
            claims.add(
                "precision", "fp16-mixed", "optim_wrapper.type", wrapper, derived="AmpOptimWrapper's default dtype"
            )


def _with_bases(document: Document, context: Context) -> Node:
    assert document.root is not None
    root, bases = document.root, document.root.mapping.get("_base_")
    weaker: Node | None = None
    for name in (bases.items or (bases,))[:DEEPEST] if bases is not None else ():
        if isinstance(name.value, str) and (node := context.library.node(name.value, document.file)) is not None:
            weaker = node if weaker is None else merged(weaker, node)
    return merged(weaker, root)
