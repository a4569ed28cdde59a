"""How checks put things: names, sizes and versions in words, and the edit that a problem ends with."""

from __future__ import annotations

import re
from typing import Any

from devlint.doctor.facts import Gpu
from devlint.doctor.plan import Setting

GIB = 1024**3
MIB = 1024**2


def label(gpu: Gpu) -> str:
    """What to call a GPU."""
    return gpu.name or f"GPU {gpu.index}"


def dots(gpu: Gpu) -> str:
    """The GPU's compute capability as NVIDIA writes it: `8.6`."""
    return ".".join(map(str, gpu.compute_capability or ()))


def numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version, which compare as versions do: `550.54.14`, `2.9.1+cu128`, `5.15.0-86`."""
    match = re.match(r"\d+(?:\.\d+)*", version.strip())
    return tuple(map(int, match[0].split("."))) if match else ()


def is_older(version: str, than: str) -> bool:
    """Whether a version comes before another."""
    width = max(len(numbers(version)), len(numbers(than)))
    padded = [(*numbers(text), *[0] * width)[:width] for text in (version, than)]
    return padded[0] < padded[1]


def cuda_version(text: str) -> tuple[int, int]:
    """`12.4` or `12.4.1` as (12, 4)."""
    major, minor, *_ = (*numbers(text), 0, 0)
    return major, minor


_SPELLINGS = {
    "trainer.precision": {"fp32": "32-true", "fp16": "16-mixed", "bf16": "bf16-mixed"},
    "mixed_precision": {"fp32": "no"},
    "mixed-precision": {"fp32": "no"},
}
"""End of a key -> what Lightning and accelerate write for a plan's precision."""


def in_its_place(setting: Setting[Any], value: object) -> str:
    """The edit that gives a setting another value, in the words of its author: `--precision fp32`, `fp16: false`.

    `value` is in a plan's words (`fp32`); a flag that is on or off is switched off for any other precision.
    """
    if isinstance(setting.value, bool):
        value = "false"
    for end, words in _SPELLINGS.items():
        if setting.key.endswith(end):
            value = words.get(str(value), value)
    if setting.key.startswith("-"):
        return f"remove {setting.key}" if value == "false" else f"{setting.key} {value}"
    return f"{setting.key}={value}" if setting.key.isupper() else f"{setting.key}: {value}"


def allocator_options(value: str) -> dict[str, str]:
    """The options of PYTORCH_CUDA_ALLOC_CONF: `a:1,b:[256:1,>:2]` as {"a": "1", "b": "[256:1,>:2]"}."""
    entries = re.findall(r"([^,:\[\]]+):(\[[^\]]*\]|[^,\[\]]*)", value)
    return {key.strip(): option.strip() for key, option in entries}


def plural(number: int, noun: str) -> str:
    """`1 GPU`, `2 GPUs`, `3 processes`."""
    ending = "" if number == 1 else "es" if noun.endswith("s") else "s"
    return f"{number} {noun}{ending}"
