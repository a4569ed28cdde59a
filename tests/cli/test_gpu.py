"""`devlint gpu` as a user runs it."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path

import pytest

from devlint.cli.main import main
from devlint.doctor.catalog import gpus
from devlint.report.terminal import painter

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "gpu.md"
UPDATE = bool(os.environ.get("UPDATE_GOLDEN"))
CONSOLE = re.compile(r"^```console\n\$ (devlint [^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

GOLDEN = {
    "consumer.txt": ["3060"],
    "laptop.txt": ["NVIDIA GeForce RTX 4090 Laptop GPU"],
    "sizes.txt": ["4060 ti"],
    "old.txt": ["GTX 1080 Ti"],
    "datacenter.txt": ["8x H100"],
    "instinct.txt": ["MI300X"],
    "apple.txt": ["M3 Pro"],
    "intel.txt": ["Arc B580"],
    "jetson.txt": ["Jetson AGX Orin 64GB"],
    "workstation.txt": ["RTX PRO 6000"],
    "compared.txt": ["3060", "4090 laptop", "gtx 1660"],
    "compared-many.txt": ["a100 80gb", "RTX PRO 6000", "7900 xtx", "M4 Max", "k80"],
    "list.txt": ["--list", "--vendor", "nvidia", "--segment", "consumer", "--min-vram", "16"],
}


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["gpu", *arguments]) == 0
    return capsys.readouterr().out


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.parametrize(("name", "arguments"), GOLDEN.items(), ids=list(GOLDEN))
def test_golden(name: str, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The very bytes, in 80 columns and ASCII; `UPDATE_GOLDEN=1 pytest tests/cli/test_gpu.py` writes them anew."""
    path = HERE / "golden" / "gpu" / name
    text = output(capsys, *arguments)
    if UPDATE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    assert text == path.read_bytes().decode()
    assert text.isascii() and max(map(len, text.splitlines())) <= 80


def test_no_golden_file_is_left_over() -> None:
    assert {path.name for path in (HERE / "golden" / "gpu").iterdir()} == set(GOLDEN)


def test_colours_change_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    plain, coloured = output(capsys, "3060", "--color", "never"), output(capsys, "3060", "--color", "always")
    assert painter(True)("strong", "GeForce RTX 3060") in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_narrow_and_wide_terminals(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for columns in (40, 60, 200):
        monkeypatch.setenv("COLUMNS", str(columns))
        for arguments in (["3060"], ["3060", "4090"]):
            lines = [line for line in output(capsys, *arguments).splitlines() if "https://" not in line]
            assert max(map(len, lines)) <= min(columns, 100)


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    (card,) = json.loads(output(capsys, "3060", "--output-format", "json"))
    assert (card["name"], card["memory"], card["bandwidth"]) == ("GeForce RTX 3060", [12 << 30], 360 * 10**9)
    assert (card["compute_capability"], card["tier"], card["hardware"]["fp8"]) == ("8.6", "60", False)
    assert card["wheels"] == ["cu126", "cu130", "cu132", "cu134"]
    fits = {(fit["use"], fit["dtype"]): fit["parameters"] for fit in card["fits"]}
    assert 5e9 < fits["inference", "bf16"] < 6.4e9  # 12 GiB at 2 bytes, less what the rest takes
    assert fits["full fine-tuning", "bf16-mixed"] < 12 * 2**30 / 16
    assert fits["inference", "int4"] > fits["inference", "int8"] > fits["inference", "bf16"] > fits["inference", "fp32"]
    listed = json.loads(output(capsys, "--list", "--output-format", "json"))
    assert [each["name"] for each in listed] == [each.name for each in gpus.cards()]
    del card["fits"]
    assert card in listed


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (
            ["--vendor", "intel", "--min-vram", "32"],
            ["Arc Pro B70", "Data Center GPU Max 1550", "Data Center GPU Max 1100"],
        ),
        (["--arch", "volta", "--segment", "datacenter"], ["V100 SXM2", "V100 PCIe", "V100S PCIe"]),
        (["--arch", "9.0", "--min-vram", "100"], ["GH200 144GB", "H200 SXM", "H200 NVL"]),
        (["--arch", "sm_100"], ["B200 SXM", "GB200"]),
        (["--arch", "gfx90a"], ["Instinct MI250X", "Instinct MI250", "Instinct MI210"]),
        (["--arch", "CDNA 3", "--min-vram", "200"], ["Instinct MI325X"]),
        (["--vendor", "apple", "--min-vram", "192"], ["Apple M2 Ultra", "Apple M3 Ultra"]),
    ],
)
def test_filters(filters: list[str], expected: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    lines = output(capsys, *filters).splitlines()
    assert [re.split(r"  +", line)[0] for line in lines] == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rtx3061"], "no GPU `rtx3061` in the catalogue: did you mean GeForce RTX 3060, "),
        (["3060", "a100"], "`a100` may be one of several cards: A100 SXM4 80GB, "),
        ([], 'say which card, as `devlint gpu "RTX 3060"`, or --list'),
        (["3060", "--list"], "names and a list exclude each other: "),
        (["3060", "--vendor", "amd"], "names and a list exclude each other: "),
        (["--vendor", "apple", "--segment", "consumer"], "no card passes these filters: "),
    ],
)
def test_what_cannot_be_done(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gpu", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith(f"error: {message}") and said.err.count("\n") == 1


def test_every_card_can_be_explained(capsys: pytest.CaptureFixture[str]) -> None:
    for card in gpus.cards():
        text = output(capsys, card.name)
        assert text.startswith(f"{card.name}\n") and "None" not in text and "  \n" not in text


@pytest.mark.parametrize(("command", "shown"), CONSOLE.findall(PAGE.read_text(encoding="utf-8")))
def test_output_in_the_documentation_is_real(command: str, shown: str, capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(shlex.split(command)[1:]) in (0, 2)
    said = capsys.readouterr()
    assert said.out + said.err == shown


def test_documentation_shows_output() -> None:
    assert len(CONSOLE.findall(PAGE.read_text(encoding="utf-8"))) >= 3
