"""Takes what the catalogue needs from other people's files, which a contributor has at hand: nothing goes online.

Hugging Face's hardware*.ts     -> dev/imported/huggingface.json   memory, power, year, cc or gfx of cards
NVIDIA's supported-gpus.json,
README.md of its open modules   -> doctor/catalog/pci.json         PCI id -> name
libdrm's amdgpu.ids             -> doctor/catalog/pci.json
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Row = dict[str, Any]

_COMMENT = re.compile(r"//.*")
_CARD = re.compile(r'(?:"(?P<quoted>[^"]+)"|(?P<bare>\w+)):\s*\{(?P<body>[^{}]*\btflops:[^{}]*)\}')
_LIST = re.compile(r"const (\w+) = \[([\d, ]*)\];")
_FIELD = re.compile(r"(\w+):\s*(\[[^\]]*\]|\"[^\"]*\"|[\w.]+)")
_FAMILIES = re.compile(r"Arc |Apple ")
"""Of hardware.ts, which has processors, too, the names of GPUs."""
_OPEN_MODULES_ROW = re.compile(r"\| (\S.*?) +\| ([0-9A-F]{4})(?: [0-9A-F]{4} [0-9A-F]{4})? +\|")
_AMD_ROW = re.compile(r"([0-9A-F]{4}),\s*([0-9A-F]{1,2}),\s*(.+)")
_AMD_OLD = re.compile(r"HD |R[579] |R[579]$|Fire(?i:pro|gl)|Radeon RX 4|Radeon (RX )?5\d0|Radeon 6[0-4]0$")
_OLDEST_BRANCH = 390
"""NVIDIA's driver branch before which no card can run a PyTorch wheel of these years."""


def huggingface(folder: Path, origin: Row) -> Row:
    """The cards of `hardware*.ts`; `origin` (commit, date) is kept with them."""
    texts = {path.name: _COMMENT.sub("", path.read_text(encoding="utf-8")) for path in folder.glob("hardware*.ts")}
    if "hardware.ts" not in texts:
        raise FileNotFoundError(f"{folder} has no hardware.ts")
    cards = {name: row for file in sorted(texts) for name, row in _cards(texts[file], only_gpus=file == "hardware.ts")}
    return {"origin": origin, "cards": cards}


def _cards(text: str, *, only_gpus: bool) -> Iterator[tuple[str, Row]]:
    lists = {name: json.loads(f"[{items}]") for name, items in _LIST.findall(text)}
    for found in _CARD.finditer(text):
        name = found["quoted"] or found["bare"]
        fields = dict(_FIELD.findall(found["body"]))
        if (only_gpus and not _FAMILIES.match(name)) or "memory" not in fields:
            continue
        row = {
            "tflops": float(fields["tflops"]),
            "memory": lists.get(fields["memory"]) or json.loads(fields["memory"]),
            "tdp": int(fields["power"].replace("_", "")) if "power" in fields else None,
            "year": int(fields["releaseYear"]),
            "cc": fields.get("computeCapability"),
            "gfx": json.loads(fields.get("gfxVersion", "null")),
            "aliases": json.loads(fields.get("aliases", "[]")),
        }
        yield name, {key: value for key, value in row.items() if value}


def pci_ids(supported: Path, open_modules: Path, amdgpu: Path, extra: Row) -> Row:
    """Marketing names by vendor and device; AMD's devices with their revision."""
    chips = [chip for chip in json.loads(supported.read_text(encoding="utf-8"))["chips"] if not _is_too_old(chip)]
    nvidia: dict[str, str] = {}
    for chip in sorted(chips, key=lambda chip: "subdevid" in chip):  # the name without a board's own comes first
        nvidia.setdefault(_device(chip), chip["name"])
    for name, device in _OPEN_MODULES_ROW.findall(open_modules.read_text(encoding="utf-8")):
        nvidia.setdefault(device.lower(), name)
    names = {"10de": nvidia, "1002": dict(_amd_names(amdgpu.read_text(encoding="utf-8"))), **extra}
    return {vendor: dict(sorted(ids.items())) for vendor, ids in names.items()}


def _is_too_old(chip: Row) -> bool:
    return "legacybranch" in chip and int(chip["legacybranch"].partition(".")[0]) < _OLDEST_BRANCH


def _device(chip: Row) -> str:
    device: str = chip["devid"]
    return device.lower().removeprefix("0x")


def _amd_names(text: str) -> Iterator[tuple[str, str]]:
    for device, revision, name in _AMD_ROW.findall(text):
        if not _AMD_OLD.search(name):
            yield f"{device}:{revision}".lower(), name.strip()
