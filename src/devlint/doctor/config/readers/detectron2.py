"""Detectron2's YAML (upper-case keys) with its `_BASE_`: <https://detectron2.readthedocs.io/en/latest/modules/config.html>."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from devlint.doctor.config.claims import Claims, Key, Keys
from devlint.doctor.config.documents import Document
from devlint.doctor.config.kinds import count, device, flag, text
from devlint.doctor.config.nodes import DEEPEST, Node, merged
from devlint.doctor.config.readers.base import Context, Reader


class Detectron2(Reader):
    """`SOLVER.IMS_PER_BATCH` is the total over all GPUs; the number of GPUs is an option of the script."""

    name = "detectron2"
    framework = "detectron2"
    keys: ClassVar[Keys] = {
        "MODEL.DEVICE": Key("device_type", device),
        "SOLVER.IMS_PER_BATCH": Key("global_batch", count),
        "SOLVER.AMP.ENABLED": Key("precision", lambda node: "fp16-mixed" if flag(node) else "fp32"),
        "DATALOADER.NUM_WORKERS": Key("workers", count),
        "SOLVER.REFERENCE_WORLD_SIZE": Key("other.detectron2.SOLVER.REFERENCE_WORLD_SIZE", count),
        "MODEL.META_ARCHITECTURE": Key("model", text),
        "dataloader.train.total_batch_size": Key("global_batch", count),  # lazy configs, in Python
        "dataloader.train.num_workers": Key("workers", count),
        "train.amp.enabled": Key("precision", lambda node: "fp16-mixed" if flag(node) else "fp32"),
    }

    @classmethod
    def detects(cls, document: Document) -> bool:
        if document.root is None:
            return False
        is_based = document.has("_BASE_") and any(key.isupper() for key in document.root.mapping)
        return is_based or document.has("SOLVER", "MODEL") or any(document.has(key) for key in cls.keys)

    def read(self, document: Document, claims: Claims, context: Context) -> None:
        assert document.root is not None
        claims.table(self._composed(document.root, document.file, context, 0), self.keys)

    def _composed(self, root: Node, file: Path | None, context: Context, depth: int) -> Node:
        base = root.mapping.get("_BASE_")
        if base is None or file is None or not isinstance(base.value, str) or depth > DEEPEST:
            return root
        below = context.library.find(base.value, file)
        node = context.library.node(base.value, file)
        if below is None or node is None or below == file:
            return root
        return merged(self._composed(node, below, context, depth + 1), root)
