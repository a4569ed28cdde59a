"""Ultralytics' `args.yaml` and the `key=value` arguments of `yolo`: <https://docs.ultralytics.com/usage/cfg/>."""

from __future__ import annotations

from typing import Any, ClassVar

from devlint.doctor.config.claims import Key, Keys
from devlint.doctor.config.documents import Document
from devlint.doctor.config.kinds import Several, WrongValue, count, device, flag, number_of, text, text_of
from devlint.doctor.config.nodes import Node
from devlint.doctor.config.readers.base import Reader

_SIGNS = frozenset(
    {
        "imgsz",
        "workers",
        "batch",
        "amp",
        "device",
        "epochs",
        "model",
        "data",
        "task",
        "mode",
        "patience",
        "close_mosaic",
    }
)


def _batch(node: Node) -> Any:
    """A whole number is the total over all GPUs; -1 and a fraction of 1 let the program find one that fits."""
    number = number_of(node)
    if number is not None and (number < 1 or number != int(number)):
        return Several({"other.ultralytics.batch": number})
    return count(node)


def _image_size(node: Node) -> int | None:
    first = node.items[0] if node.items else node
    found = number_of(first)
    if found is None:
        raise WrongValue("a whole number is expected, such as 640")
    return int(found)


class Ultralytics(Reader):
    """`batch` is the total, `workers` are those of one process, `amp` is float16 autocast."""

    name = "ultralytics"
    framework = "ultralytics"
    keys: ClassVar[Keys] = {
        "device": Key("devices", device),
        "batch": Key("global_batch", _batch),
        "workers": Key("workers", count),
        "amp": Key("precision", lambda node: "fp16-mixed" if flag(node) else "fp32"),
        "imgsz": Key("image_size", _image_size),
        "model": Key("model", text),
        "optimizer": Key("optimizer", lambda node: None if text_of(node) == "auto" else text(node)),
        "compile": Key("compile", flag),
    }

    @classmethod
    def detects(cls, document: Document) -> bool:
        keys = set(document.root.mapping) if document.root is not None else set()
        return "imgsz" in keys and len(_SIGNS & keys) >= 4
