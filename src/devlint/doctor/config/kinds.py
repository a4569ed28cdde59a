"""What a value may look like: each kind turns a node into the plan's value, or says what was expected."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from devlint.doctor.config.nodes import Node
from devlint.doctor.config.precision import DTYPES, MIXED

Kind = Callable[[Node], Any]
"""The value for a field, `Several` for more than one field, or None where nothing is said ("auto")."""

_SIZE = re.compile(r"([0-9]*\.?[0-9]+)\s*([kmgtp]?)(i?)b?", re.IGNORECASE)
_DEVICE = re.compile(r"(cuda|gpu|cpu|mps|xpu|npu|hpu|tpu|hip|rocm)(?::(\d+))?", re.IGNORECASE)
_YES = frozenset({"true", "yes", "on", "1", "y", "t"})
_NO = frozenset({"false", "no", "off", "0", "n", "f", "none", "null"})
_TYPES = {"gpu": "cuda", "hip": "cuda", "rocm": "cuda"}


class WrongValue(Exception):
    """A value is not of its kind: what was expected, with an example."""


class Several(dict[str, Any]):
    """Values for several fields of the plan, by name."""


class Unmistakable(Several):
    """The same, where the value means only one thing, whatever the option is called: `cuda:1`."""


def text_of(node: Node) -> str:
    """A scalar as text; what YAML takes for a boolean or a number is given as it was written."""
    return node.value if isinstance(node.value, str) else node.text or str(node.value)


def _is_auto(node: Node) -> bool:
    return isinstance(node.value, str) and node.value.strip().lower() in ("auto", "")


def count(node: Node) -> int | None:
    """A whole number from 0; None for "auto"."""
    if _is_auto(node):
        return None
    number = number_of(node)
    if number is None or number != int(number) or number < 0:
        raise WrongValue("a whole number from 0 is expected, such as 4")
    return int(number)


def number_of(node: Node) -> float | None:
    """The number that a node holds, or None. YAML 1.1 takes `1e-4` for text, the tools for a number."""
    if isinstance(node.value, bool) or node.value is None:
        return None
    if not isinstance(node.value, (int, float, str)) or len(text_of(node)) > 50:
        return None
    try:
        number = float(node.value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def number(node: Node) -> float | None:
    """A number; None for "auto"."""
    if _is_auto(node):
        return None
    if (found := number_of(node)) is None:
        raise WrongValue("a number is expected, such as 0.9")
    return found


def flag(node: Node) -> bool | None:
    """True or False; None for "auto"."""
    if isinstance(node.value, bool):
        return node.value
    written = text_of(node).strip().lower()
    if written in _YES or written in _NO:
        return written in _YES
    if _is_auto(node):
        return None
    raise WrongValue("true or false is expected")


def text(node: Node) -> str | None:
    """A name or path."""
    if isinstance(node.value, (str, int, float)):
        return text_of(node) or None
    raise WrongValue("a name is expected")


def one_of(**meanings: Any) -> Kind:
    """A word of a short list, in any case; `_` stands for `-`."""

    def kind(node: Node) -> Any:
        written = text_of(node).strip().lower().replace("-", "_")
        if written not in meanings:
            raise WrongValue(f"one of {', '.join(meanings)} is expected")
        return meanings[written]

    return kind


def size(node: Node) -> int | None:
    """A size in bytes: `8g`, `64GB`, `512Mi`, `1073741824`. A bare letter counts by 1024, as Docker and Slurm do."""
    match = _SIZE.fullmatch(text_of(node).strip())
    if match is None:
        raise WrongValue("a size is expected, such as 8g")
    return int(float(match[1]) * 1024 ** " kmgtp".index(match[2].lower() or " "))


def quantity(node: Node) -> float | None:
    """A number of processors as Kubernetes writes it: `4`, `0.5`, `500m`."""
    written = text_of(node).strip()
    digits, thousandth = (written[:-1], 1000) if written.endswith("m") else (written, 1)
    try:
        return float(digits) / thousandth
    except ValueError:
        raise WrongValue("a number of processors is expected, such as 4 or 500m") from None


def _named(names: Mapping[str, str], node: Node) -> str | None:
    written = text_of(node).strip().lower()
    if _is_auto(node):
        return None
    if written not in names:
        raise WrongValue("a precision is expected, such as 32, 16-mixed or bf16-mixed")
    return names[written]


def precision(node: Node) -> str | None:
    """A mode of training: `fp16` and `bf16` mean mixed precision."""
    return _named(MIXED, node)


def dtype(node: Node) -> str | None:
    """A type of weights: `bf16` means bf16 throughout."""
    return _named(DTYPES, node)


def ids(node: Node) -> Several | None:
    """Indices of devices: `[0, 1]`, `0,1`, `0 1`, 0; `all` says nothing."""
    parts = [text_of(item) for item in node.items] or re.split(r"[,\s]+", text_of(node).strip("[]() ,"))
    if [part.strip().lower() for part in parts] in (["all"], ["auto"], [""], ["-1"]):
        return None
    if not all(part.strip().isdecimal() and len(part) < 6 for part in parts):
        raise WrongValue("indices of devices are expected, such as 0,1")
    found = tuple(int(part) for part in parts)
    return Several(device_ids=found, devices=len(found))


def device(node: Node) -> Several | None:
    """A device as `torch.device` takes it, or indices of GPUs: `cuda:1`, `cpu`, `0,1`, 0."""
    written = text_of(node).strip().lower() if not node.items else ""
    if match := _DEVICE.fullmatch(written):
        kind = _TYPES.get(match[1].lower(), match[1].lower())
        if match[2] is None:
            return Unmistakable(device_type=kind)
        return Unmistakable(device_type=kind, device_ids=(int(match[2]),), devices=1)
    if written == "auto":
        return Several(device_type="auto")
    found = ids(node) if written.replace(",", "").replace(" ", "").isdecimal() or node.items else None
    if found is None and written not in ("", "none", "-1"):
        raise WrongValue("a device is expected, such as cuda:0, cpu or 0,1")
    return None if found is None else Several(device_type="cuda", **found)


def devices(node: Node) -> Several | int | str | None:
    """Lightning's `devices`: how many, which (a list, or text with a comma), or all of them (`auto`, -1)."""
    written = text_of(node).strip().lower() if not node.items else "list"
    if written in ("auto", "-1", "gpu", "all"):
        return "auto"
    if node.items or "," in written:
        return ids(node)
    return count(node)
