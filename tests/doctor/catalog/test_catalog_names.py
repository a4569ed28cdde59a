"""Names of drivers and people lead to the right card, or to a helpful refusal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devlint.doctor.catalog import gpus
from devlint.doctor.catalog.card import GIB
from devlint.doctor.catalog.names import key_of, split_count

NAMES = {
    # as drivers report them
    "NVIDIA GeForce RTX 3060 Laptop GPU": ("GeForce RTX 3060 Laptop GPU", 6),
    "Tesla V100-SXM2-16GB": ("V100 SXM2", 16),
    "Tesla V100-SXM2-32GB": ("V100 SXM2", 32),
    "Tesla V100-PCIE-32GB": ("V100 PCIe", 32),
    "Tesla P100-PCIE-16GB": ("P100 PCIe", 16),
    "Tesla T4": ("T4", 16),
    "Tesla K80": ("K80", 12),
    "NVIDIA H100 80GB HBM3": ("H100 SXM", 80),
    "NVIDIA H100 PCIe": ("H100 PCIe", 80),
    "NVIDIA H100 NVL": ("H100 NVL", 94),
    "NVIDIA H200": ("H200 SXM", 141),
    "NVIDIA GH200 480GB": ("GH200 96GB", 96),
    "NVIDIA GH200 144G HBM3e": ("GH200 144GB", 144),
    "NVIDIA B200": ("B200 SXM", 180),
    "NVIDIA B300 SXM6 AC": ("B300 SXM", 270),
    "NVIDIA A100-SXM4-80GB": ("A100 SXM4 80GB", 80),
    "NVIDIA A100-SXM4-40GB": ("A100 SXM4 40GB", 40),
    "NVIDIA A100 80GB PCIe": ("A100 PCIe 80GB", 80),
    "NVIDIA A100-PCIE-40GB": ("A100 PCIe 40GB", 40),
    "NVIDIA A100-SXM4-40GB MIG 1g.5gb": ("A100 SXM4 40GB", 40),
    "NVIDIA L40S": ("L40S", 48),
    "NVIDIA A10G": ("A10G", 24),
    "NVIDIA A10": ("A10", 24),
    "Quadro RTX 8000": ("Quadro RTX 8000", 48),
    "NVIDIA RTX A6000": ("RTX A6000", 48),
    "NVIDIA RTX 6000 Ada Generation": ("RTX 6000 Ada Generation", 48),
    "NVIDIA RTX A2000 8GB Laptop GPU": ("RTX A2000 8GB Laptop GPU", 8),
    "NVIDIA RTX PRO 6000 Blackwell Workstation Edition": ("RTX PRO 6000 Blackwell Workstation Edition", 96),
    "NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition": ("RTX PRO 6000 Blackwell Max-Q Workstation Edition", 96),
    "NVIDIA TITAN RTX": ("TITAN RTX", 24),
    "NVIDIA GeForce RTX 4090 D": ("GeForce RTX 4090 D", 24),
    "NVIDIA GeForce RTX 3050Ti Laptop GPU": ("GeForce RTX 3050 Ti Laptop GPU", 4),
    "NVIDIA GeForce GTX 1660 Ti with Max-Q Design": ("GeForce GTX 1660 Ti", 6),
    "NVIDIA GeForce RTX 2060 SUPER": ("GeForce RTX 2060 SUPER", 8),
    "NVIDIA GB10": ("GB10", 128),
    "Orin (nvgpu)": ("Jetson AGX Orin 64GB", 64),
    "AMD Instinct MI250X": ("Instinct MI250X", 128),
    "AMD Instinct MI250X/MI250": ("Instinct MI250X", 128),
    "AMD Instinct MI300X OAM": ("Instinct MI300X", 192),
    "AMD Radeon RX 7900 XTX": ("Radeon RX 7900 XTX", 24),
    "AMD Radeon RX 6800 XT": ("Radeon RX 6800 XT", 16),
    "Intel(R) Arc(TM) A770 Graphics": ("Arc A770", 16),
    "Intel(R) Arc(TM) B580 Graphics": ("Arc B580", 12),
    "Apple M3 Pro": ("Apple M3 Pro", 18),
    # as people type them
    "3060": ("GeForce RTX 3060", 12),
    "rtx3060 12gb": ("GeForce RTX 3060", 12),
    "RTX 3060 8 GB": ("GeForce RTX 3060 8GB", 8),
    "4060 ti 16gb": ("GeForce RTX 4060 Ti", 16),
    "4060Ti": ("GeForce RTX 4060 Ti", 8),
    "4090 laptop": ("GeForce RTX 4090 Laptop GPU", 16),
    "laptop rtx 4090": ("GeForce RTX 4090 Laptop GPU", 16),
    "4090 mobile": ("GeForce RTX 4090 Laptop GPU", 16),
    "rtx4090laptop": ("GeForce RTX 4090 Laptop GPU", 16),
    "3080": ("GeForce RTX 3080", 10),
    "3080 12GB": ("GeForce RTX 3080 12GB", 12),
    "a100 80gb": ("A100 SXM4 80GB", 80),
    "h100": ("H100 SXM", 80),
    "a6000": ("RTX A6000", 48),
    "gtx 1660": ("GeForce GTX 1660", 6),
    "7900xtx": ("Radeon RX 7900 XTX", 24),
    "mi300x": ("Instinct MI300X", 192),
    "M2": ("Apple M2", 8),
    "m3pro": ("Apple M3 Pro", 18),
    "strix halo": ("Radeon 8060S", 96),
    "dgx spark": ("GB10", 128),
}


@pytest.mark.parametrize(("name", "expected"), NAMES.items())
def test_name_leads_to_the_card(name: str, expected: tuple[str, float]) -> None:
    card = gpus.resolve(name)
    assert (card.name, card.vram / GIB) == expected
    assert gpus.find(name) == card


@pytest.mark.parametrize("name", ["a100", "V100", "rtx 4000", "arc", "rtx"])
def test_ambiguous_name_lists_the_cards(name: str) -> None:
    assert gpus.find(name) is None
    with pytest.raises(gpus.UnknownCard, match="may be one of several cards: .* and ") as caught:
        gpus.resolve(name)
    assert len(caught.value.candidates) > 1 and len(str(caught.value)) < 250


def test_ambiguous_name_has_all_candidates() -> None:
    expected = ["A100 SXM4 80GB", "A100 SXM4 40GB", "A100 PCIe 80GB", "A100 PCIe 40GB"]
    assert [card.name for card in gpus.candidates("a100")] == expected
    assert [card.name for card in gpus.candidates("V100")] == ["V100 SXM2", "V100 PCIe"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("RTX 6090", "no GPU `RTX 6090` in the catalogue: did you mean GeForce RTX 5090, "),
        ("rtx3061", "no GPU `rtx3061` in the catalogue: did you mean GeForce RTX 3060, "),
        ("3060 16gb", "no `3060 16gb` in the catalogue: GeForce RTX 3060 is sold with 12 or 8 GB"),
        ("toaster", "no GPU `toaster` in the catalogue"),
        ("", "no GPU `` in the catalogue"),
        ("AMD Radeon Graphics", "no GPU `AMD Radeon Graphics` in the catalogue"),
    ],
)
def test_unknown_name_says_what_is_near(name: str, message: str) -> None:
    assert gpus.find(name) is None
    with pytest.raises(gpus.UnknownCard) as caught:
        gpus.resolve(name)
    assert str(caught.value).startswith(message)


def test_memory_of_the_device_decides_between_cards_of_a_name() -> None:
    name = "NVIDIA GeForce RTX 3080"
    found = [gpus.find(name, size) for size in (10 * GIB, 12288 << 20)]
    assert [card.name for card in found] == ["GeForce RTX 3080", "GeForce RTX 3080 12GB"]
    assert gpus.find("NVIDIA A100-SXM4", 81920 << 20).name == "A100 SXM4 80GB"
    assert gpus.find(name, 1 << 30).name == "GeForce RTX 3080"  # decides nothing: the most common


@pytest.mark.parametrize("text", ["8x H100", "8 x H100", "8xH100", "8× H100", "H100 x8", "H100 x 8", "H100x8"])
def test_count_is_split_off(text: str) -> None:
    assert split_count(text) == (8, "H100")


@pytest.mark.parametrize("text", ["RTX 3060", "RX 6600", "RX 7900 XTX", "MI250X", "A100 80GB", "7900 XT"])
def test_name_without_a_count_is_one(text: str) -> None:
    assert split_count(f" {text} ") == (1, text)


def test_count_and_size_are_kept_apart() -> None:
    assert split_count("4x A100 80GB") == (4, "A100 80GB")
    assert split_count("3060x2") == (2, "3060")


@given(st.sampled_from([card.name for card in gpus.cards()]), st.randoms(use_true_random=False), st.booleans())
def test_order_and_case_of_words_do_not_matter(name: str, random: object, upper: bool) -> None:
    words = name.replace("8GB", "8 GB").split(" ")
    units = [" ".join(pair) for pair in zip(words, [*words[1:], ""], strict=True) if pair[1] == "GB"]
    rest = [word for word in words if word != "GB" and not any(word == unit.split()[0] for unit in units)]
    shuffled = [*rest, *units]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    text = " ".join(shuffled)
    assert key_of(text.upper() if upper else text.lower()) == key_of(name)


@given(st.text(max_size=60))
def test_any_text_is_answered(text: str) -> None:
    found = gpus.candidates(text)
    assert (gpus.find(text) is not None) == (len(found) == 1)
    count, name = split_count(text)
    assert count >= 0 and name in text


@pytest.mark.parametrize(
    ("vendor", "device", "revision", "card"),
    [
        ("10de", "2684", None, "GeForce RTX 4090"),
        ("10DE", "2504", "a1", "GeForce RTX 3060"),
        ("10de", "2330", None, "H100 SXM"),
        ("10de", "1eb8", None, "T4"),
        ("10de", "2d05", None, "GeForce RTX 5060"),
        ("10de", "1db1", None, "V100 SXM2"),
        ("1002", "744c", "c8", "Radeon RX 7900 XTX"),
        ("1002", "744c", "cc", "Radeon RX 7900 XT"),
        ("1002", "74a1", "00", "Instinct MI300X"),
        ("8086", "56a0", None, "Arc A770"),
        ("8086", "e20b", None, "Arc B580"),
    ],
)
def test_pci_id_leads_to_the_card(vendor: str, device: str, revision: str | None, card: str) -> None:
    name = gpus.pci_name(vendor, device, revision)
    assert name is not None
    found = gpus.find(name)
    assert found is not None and found.name == card


def test_unknown_pci_id() -> None:
    assert gpus.pci_name("10de", "ffff") is None
    assert gpus.pci_name("1af4", "1050") is None
