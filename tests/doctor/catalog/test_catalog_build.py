"""The catalogue's files are what their sources make, and no source enters unseen."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from devlint.dev import catalog, imports
from devlint.dev.__main__ import main

TYPESCRIPT = """
const AMD_SHARED = [16, 32];
export const NVIDIA_SKUS: Record<string, NvidiaHardwareSpec> = {
	H100: { tflops: 267.6, memory: [80], computeCapability: 9.0, msrp: 30_000, power: 700, releaseYear: 2022 },
	"RTX 3060": {
		tflops: 12.74, // float32
		memory: [12, 8],
		computeCapability: 8.6,
		power: 170,
		releaseYear: 2021,
		aliases: ["a card"],
	},
	"Radeon 780M": { tflops: 16.59, memory: AMD_SHARED, gfxVersion: "gfx1103", power: 15, releaseYear: 2023 },
};
"""
PROCESSORS = """
	INTEL: { "Arc A770": { tflops: 39.32, memory: [8, 16], power: 225, releaseYear: 2022 } },
	CPU: { "Xeon 4th Generation": { tflops: 1.3, msrp: 10_500, power: 350, releaseYear: 2023 },
		"Snapdragon X": { tflops: 1.3, memory: [8], power: 350, releaseYear: 2023 } },
	"Apple Silicon": { "-": { "Apple M1": { tflops: 2.6, memory: [8, 16], power: 15, releaseYear: 2020 } } },
"""
CORRECTIONS = {
    "date": "2026-01-01",
    "not-taken": {},
    "sources": {"huggingface": {"title": "HF"}, "nvidia": {"title": "NVIDIA"}},
    "group": [
        {
            "vendor": "nvidia",
            "segment": "consumer",
            "source": "nvidia",
            "prefix": "GeForce ",
            "half_rate": 2,
            "matrix": {"fp16": 4},
            "cards": {"RTX 3060": {"memory": [12], "bus": 192, "rate": 15}},
        }
    ],
}
IMPORTED = {
    "origin": {"date": "2026-02-02"},
    "cards": {"RTX 3060": {"tflops": 10, "memory": [8], "year": 2021, "cc": "8.6"}},
}


def test_catalogue_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalog", "--check"]) == 0, capsys.readouterr().err


def test_stale_catalogue_is_told(monkeypatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "gpus.json").write_text("{}")
    monkeypatch.setattr(catalog, "CARDS", tmp_path / "gpus.json")
    assert main(["catalog", "--check"]) == 1
    assert "run `python -m devlint.dev catalog`" in capsys.readouterr().err
    assert main(["catalog"]) == 0
    assert main(["catalog", "--check"]) == 0


def test_typescript_is_read(tmp_path: Path) -> None:
    (tmp_path / "hardware-nvidia.ts").write_text(TYPESCRIPT)
    (tmp_path / "hardware.ts").write_text(PROCESSORS)
    found = imports.huggingface(tmp_path, {"date": "2026-01-01"})["cards"]
    assert set(found) == {"H100", "RTX 3060", "Radeon 780M", "Arc A770", "Apple M1"}
    assert found["RTX 3060"] == {
        "tflops": 12.74,
        "memory": [12, 8],
        "tdp": 170,
        "year": 2021,
        "cc": "8.6",
        "aliases": ["a card"],
    }
    assert found["Radeon 780M"]["memory"] == [16, 32] and found["Radeon 780M"]["gfx"] == "gfx1103"


def test_folder_without_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalog", "--huggingface", str(tmp_path), "c0ffee", "2026-01-01"]) == 2
    assert "has no hardware.ts" in capsys.readouterr().err


def test_pci_ids_are_read(tmp_path: Path) -> None:
    chips = [
        {"devid": "0x2684", "subdevid": "0x1111", "name": "NVIDIA Special Board"},
        {"devid": "0x2684", "name": "NVIDIA GeForce RTX 4090"},
        {"devid": "0x0020", "name": "RIVA TNT", "legacybranch": "71.86.xx"},
        {"devid": "0x1180", "name": "GeForce GTX 680", "legacybranch": "470.xx"},
    ]
    (tmp_path / "supported-gpus.json").write_text(json.dumps({"chips": chips}))
    (tmp_path / "README.md").write_text(
        "| Product Name | PCI ID         |\n| ------------ | -------------- |\n"
        "| Tesla T4     | 1EB8 10DE 12A2 |\n| NVIDIA B200  | 2901           |\n| Not this one | 2684           |\n"
    )
    (tmp_path / "amdgpu.ids").write_text(
        "# comment\n1.0.0\n744C,\tC8,\tAMD Radeon RX 7900 XTX\n6610,\t0,\tAMD Radeon R7 200 Series\n"
    )
    files = (tmp_path / name for name in ("supported-gpus.json", "README.md", "amdgpu.ids"))
    names = imports.pci_ids(*files, {"8086": {"1": "Arc"}})
    assert names == {
        "10de": {
            "1180": "GeForce GTX 680",
            "1eb8": "Tesla T4",
            "2684": "NVIDIA GeForce RTX 4090",
            "2901": "NVIDIA B200",
        },
        "1002": {"744c:c8": "AMD Radeon RX 7900 XTX"},
        "8086": {"1": "Arc"},
    }


def test_corrections_have_the_last_word() -> None:
    document = json.loads(catalog.build(IMPORTED, CORRECTIONS))
    assert document["sources"]["huggingface"] == {"title": "HF", "date": "2026-02-02"}
    assert document["cards"] == [
        {
            "name": "GeForce RTX 3060",
            "vendor": "nvidia",
            "architecture": "Ampere",
            "segment": "consumer",
            "year": 2021,
            "memory": [12],
            "compute_capability": [8, 6],
            "bus_width": 192,
            "bandwidth": 360.0,
            "fp32": 5.0,
            "fp16": 20.0,
            "source": "huggingface nvidia",
            "date": "2026-02-02",
        }
    ]


def changed(**group: object) -> dict[str, object]:
    return {**CORRECTIONS, "group": [{**CORRECTIONS["group"][0], **group}]}  # type: ignore[index]


@pytest.mark.parametrize(
    ("imported", "corrections", "message"),
    [
        ({}, changed(), "GeForce RTX 3060: nothing says its 'tflops'"),
        (IMPORTED["cards"], changed(cards={}), "corrections.toml has, and [not-taken] does not name: RTX 3060"),
        (IMPORTED["cards"], {**CORRECTIONS, "not-taken": {"gone": "x"}}, "not in the imported table: gone"),
        (IMPORTED["cards"], changed(cards={"RTX 1": {"hf": "RTX 2"}}), "GeForce RTX 1: `hf` names RTX 2, which is not"),
        ({"RTX 3060": {"tflops": 1, "memory": [1]}}, changed(), "RTX 3060: nothing says its architecture, year"),
    ],
)
def test_sources_which_do_not_fit_are_told(imported, corrections, message: str) -> None:
    with pytest.raises(catalog.CatalogError, match=re.escape(message)):
        catalog.build({**IMPORTED, "cards": imported}, corrections)
