"""What the parts of a card's name mean: its generation, its tier, and the words behind the number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from devlint.doctor.catalog import gpus
from devlint.doctor.catalog.card import GIB, Card, Segment

_GEFORCE = re.compile(r"GeForce (RTX|GTX) (\d{1,2})(\d)(\d)\b")
_MX = re.compile(r"GeForce MX(\d)\d\d")
_RADEON = re.compile(r"Radeon RX (\d)(\d)\d\d( XTX| XT| GRE)?")
_INSTINCT = re.compile(r"Instinct MI(\d+)([XA]?)")
_ARC = re.compile(r"Arc (?:Pro )?([AB])(\d)\d")
_APPLE = re.compile(r"Apple M(\d)( Pro| Max| Ultra)?")
_WORKSTATION = re.compile(
    r"(?P<line>RTX PRO|Quadro RTX|Quadro|RTX) ?(?P<letter>[AGVP]*)(?P<tier>\d{3,4})(?P<ada>.* Ada)?"
)
_DATACENTER = re.compile(r"(?P<letters>[A-Z]{1,2})(?P<number>\d+)(?P<suffix>[GS]?)\b(?P<form>.*)")

_GEFORCE_TIERS = {
    "9": "the top of its generation",
    "8": "high end",
    "7": "upper middle class",
    "6": "middle class",
    "5": "entry level",
    "3": "below entry level",
}
_RADEON_TIERS = {"9": "the top of its generation", "8": "high end", "7": "upper middle class", "6": "middle class"}
_LETTERS = {
    "K": "Kepler",
    "M": "Maxwell",
    "P": "Pascal",
    "V": "Volta",
    "T": "Turing",
    "A": "Ampere",
    "L": "Ada Lovelace",
    "H": "Hopper",
    "B": "Blackwell",
    "GH": "Grace Hopper: a Hopper GPU and an Arm CPU on one module",
    "GB": "Grace Blackwell: a Blackwell GPU and an Arm CPU on one module",
}
_LARGEST = 80
"""From this number on, NVIDIA's data centre chips are the large ones."""


def generation(card: Card) -> str | None:
    """The family that a card belongs to, in words: `GeForce RTX 30 series`, `Instinct MI300 series`."""
    name = card.name
    if found := _GEFORCE.match(name):
        series = found[2] if len(found[2]) == 2 else f"{found[2]}00"
        return f"GeForce {found[1]} {series} series"
    if found := _MX.match(name):
        return f"GeForce MX{found[1]}00 series"
    if found := _RADEON.match(name):
        return f"Radeon RX {found[1]}000 series"
    if found := _INSTINCT.match(name):
        number = found[1]
        return f"Instinct MI{number[0]}00 series" if len(number) == 3 else "Instinct MI series"
    if found := _ARC.match(name):
        return f"Arc {found[1]} series"
    if found := _APPLE.match(name):
        return f"Apple M{found[1]} family"
    if card.vendor == "nvidia" and card.segment is Segment.DATACENTER:
        return f"NVIDIA data centre, {card.architecture}"
    if found := _WORKSTATION.match(name):
        return f"{found['line']} workstation, {card.architecture}"
    return None


def tier(card: Card) -> str | None:
    """The digits of the name that rank it within its generation: `60` of an RTX 3060, `900` of an RX 7900 XTX."""
    if found := _GEFORCE.match(card.name):
        return f"{found[3]}{found[4]}"
    if found := _RADEON.match(card.name):
        return f"{found[2]}00"
    if found := _APPLE.match(card.name):
        return (found[2] or " base").strip()
    if found := _WORKSTATION.match(card.name):
        return found["tier"]
    return None


def meaning(card: Card) -> tuple[tuple[str, str], ...]:
    """The parts of the name and what each says, in the order of the name."""
    for pattern, explain in (
        (_GEFORCE, _geforce),
        (_RADEON, _radeon),
        (_INSTINCT, _instinct),
        (_ARC, _arc),
        (_APPLE, _apple),
        (_WORKSTATION, _workstation),
    ):
        if found := pattern.match(card.name):
            return (*explain(card, found), *_endings(card))
    if card.vendor == "nvidia" and card.segment is Segment.DATACENTER and (found := _DATACENTER.match(card.name)):
        return tuple(_datacenter(card, found))
    return ()


def _geforce(card: Card, found: re.Match[str]) -> Iterator[tuple[str, str]]:
    family, series, digit, last = found.groups()
    if family == "RTX":
        yield "RTX", "has tensor cores, the units that make mixed precision fast"
    else:
        yield "GTX", "has no tensor cores: mixed precision saves memory, hardly time"
    yield series, f"the generation: {card.architecture} (a higher number is newer)"
    yield f"{digit}{last}", f"the tier: {_GEFORCE_TIERS.get(digit, 'below entry level')} (90 to 50)"


def _radeon(card: Card, found: re.Match[str]) -> Iterator[tuple[str, str]]:
    series, digit, ending = found.groups()
    yield f"{series}000", f"the generation: {card.architecture} (a higher number is newer)"
    yield f"{digit}00", f"the tier: {_RADEON_TIERS.get(digit, 'entry level')} (900 is the top)"
    if ending:
        yield ending.strip(), "the step within the tier: XTX is above XT, XT above GRE and no letters"


def _instinct(card: Card, found: re.Match[str]) -> Iterator[tuple[str, str]]:
    yield "MI", "AMD's accelerators for data centres, without a display output"
    yield found[1], f"the generation: {card.architecture} (a higher number is newer)"
    if found[2] == "X":
        yield "X", "a GPU alone"
    elif found[2] == "A":
        yield "A", "GPU and CPU cores in one package, which share the memory"


def _arc(card: Card, found: re.Match[str]) -> Iterator[tuple[str, str]]:
    yield found[1], f"the generation, in the order of the alphabet: {card.architecture}"
    yield found[2], "the tier: 7 is the top, 3 the entry"


def _apple(card: Card, found: re.Match[str]) -> Iterator[tuple[str, str]]:
    yield f"M{found[1]}", f"the generation of {card.year} (a higher number is newer)"
    yield (found[2] or " (no word)").strip(), "the size of the chip: none, Pro, Max, Ultra, in this order"


def _workstation(card: Card, found: re.Match[str]) -> Iterator[tuple[str, str]]:
    if found["line"].startswith("Quadro"):
        yield "Quadro", "NVIDIA's cards for workstations until 2020"
    else:
        yield found["line"], "NVIDIA's cards for workstations: more memory than a GeForce, and ECC on the large ones"
    if found["letter"]:
        yield found["letter"], f"the generation: {card.architecture}"
    yield found["tier"], "the tier: a higher number is a larger card"
    if found["ada"] or "Blackwell" in card.name:
        yield card.architecture.split()[0], "the generation; without this word the number alone means another card"


def _datacenter(card: Card, found: re.Match[str]) -> Iterator[tuple[str, str]]:
    letters, number, suffix, form = found.group("letters", "number", "suffix", "form")
    yield letters, f"the generation: {_LETTERS.get(letters, card.architecture)}"
    size = "the large chip, for training" if int(number) >= _LARGEST else "a smaller chip, mostly for inference"
    yield number, f"the size: {size}"
    if suffix == "S":
        yield "S", "a faster version"
    elif suffix == "G":
        yield "G", "a version made for one cloud provider"
    if "SXM" in form:
        yield "SXM", "sits on the server's own board: full power, and NVLink between all GPUs"
    elif "PCIe" in form:
        yield "PCIe", "a plug-in card: less power than SXM, and often slower memory"
    elif "NVL" in form:
        yield "NVL", "plug-in cards with NVLink bridges between them"


def _endings(card: Card) -> Iterator[tuple[str, str]]:
    words = card.name.split()
    if "Ti" in words:
        yield "Ti", "a step above the same number without it"
    if "SUPER" in words:
        yield "SUPER", "a later and somewhat faster version of the same number"
    if "D" in words:
        yield "D", "an export version, slower where export rules ask for it"
    if "Max-Q" in words:
        yield "Max-Q", "the same chip at less power, so slower"
    if "SFF" in words:
        yield "SFF", "a small card at less power, so slower"
    if "Laptop" in words:
        yield "Laptop GPU", _laptop(card)


def _laptop(card: Card) -> str:
    desktop = gpus.find(card.name.replace(" Laptop GPU", ""))
    if desktop is None:
        return "for laptops: slower than a desktop card of that name"
    return f"not the desktop card of that name, which has {_memory(desktop)} (this: {_memory(card)})"


def _memory(card: Card) -> str:
    return f"{card.vram / GIB:g} GB and {(card.bandwidth or 0) / 1e9:.0f} GB/s"
