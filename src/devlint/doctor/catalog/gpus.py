"""The catalogue of GPUs: all cards, and the one that a name means."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

from devlint.doctor.catalog.card import GIB, Card, Segment
from devlint.doctor.catalog.names import NameKey, key_of, split_count
from devlint.doctor.facts.gpu import GpuVendor

__all__ = [
    "UnknownCard",
    "candidates",
    "cards",
    "find",
    "has_memory",
    "pci_name",
    "resolve",
    "sources",
    "split_count",
]

_FAMILIES = frozenset({"rtx", "gtx", "rx", "arc"})
"""Words that people leave out: no two cards differ in one of these alone."""
_TOLERANCE = 0.1
"""How far the memory that a device reports may be from the size on its box: drivers and ECC keep some."""
_SUGGESTIONS = 3
_SHOWN = 6


class UnknownCard(ValueError):
    """No card, or several, are meant by a name; the text says which there are."""

    def __init__(self, message: str, candidates: tuple[Card, ...] = ()) -> None:
        super().__init__(message)
        self.candidates = candidates


@cache
def _document() -> dict[str, Any]:
    text = files("devlint.doctor.catalog").joinpath("gpus.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def sources() -> dict[str, dict[str, str]]:
    """Where the rows come from: `title`, `licence`, `url` and `date` by the name that `Card.source` uses."""
    found: dict[str, dict[str, str]] = _document()["sources"]
    return found


@cache
def cards() -> tuple[Card, ...]:
    """Every card, by vendor and then newest first."""
    return tuple(_card(row) for row in _document()["cards"])


def _card(row: dict[str, Any]) -> Card:
    capability = row.get("compute_capability")
    typed = {
        "vendor": GpuVendor(row["vendor"]),
        "segment": Segment(row["segment"]),
        "memory": tuple(int(size * GIB) for size in row["memory"]),
        "compute_capability": tuple(capability) if capability else None,
        "bandwidth": round(row["bandwidth"] * 1e9) if "bandwidth" in row else None,
        "aliases": tuple(row.get("aliases", ())),
    }
    return Card(**{**row, **typed})


@cache
def _keys() -> tuple[tuple[NameKey, Card], ...]:
    """Every name and alias of every card."""
    return tuple((key_of(name), card) for card in cards() for name in (card.name, *card.aliases))


def find(name: str, memory: int | None = None) -> Card | None:
    """The card of that name; None if there is none, or if it may be several.

    `name` is a driver's or a person's (`NVIDIA A100-SXM4-80GB`, `3060 12gb`); `memory` is what the device reports, in
    bytes, and decides between cards which share a name. A memory in the name narrows `Card.memory` to that variant.
    """
    found = candidates(name, memory)
    return found[0] if len(found) == 1 else None


def resolve(name: str) -> Card:
    """As `find`, but `UnknownCard` with the cards that may be meant, or the nearest names."""
    found = candidates(name)
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownCard(f"`{name}` may be one of several cards: {_listed(found)}", found)
    words = key_of(name).words
    if others := tuple(_equal(words) or _close(words)):
        sizes = " or ".join(f"{size / GIB:g}" for card in others for size in card.memory)
        raise UnknownCard(f"no `{name}` in the catalogue: {others[0].name} is sold with {sizes} GB", others)
    nearest = _nearest(name)
    hint = f": did you mean {_listed(nearest, 'or')}?" if nearest else ""
    raise UnknownCard(f"no GPU `{name}` in the catalogue{hint}", nearest)


def _listed(found: tuple[Card, ...], last: str = "and") -> str:
    names = [card.name for card in found[:_SHOWN]]
    if len(found) > _SHOWN:
        names.append(f"{len(found) - _SHOWN} more")
    return f" {last} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def candidates(name: str, memory: int | None = None) -> tuple[Card, ...]:
    """The cards that a name may mean: one if it says enough, none if it is of no card; `memory` as for `find`."""
    key = key_of(name)
    if not key.words:
        return ()
    if written := _unique(card for known, card in _keys() if known == key and key.memory is not None):
        return (_narrowed(written[0], key.memory),)
    for known, share_name in ((_equal(key.words), True), (_close(key.words), True), (_holding(key.words), False)):
        if fitting := _of_memory(_of_size(known, key.memory), memory):
            return tuple(_narrowed(card, key.memory) for card in fitting[: 1 if share_name else None])
    if "maxq" in key.words:  # most slow variants of a laptop's chip have no rows of their own
        plain = name.lower().replace("max-q", "").replace("maxq", "")
        return candidates(f"{plain} laptop", memory) or candidates(plain, memory)
    return ()


def _equal(words: frozenset[str]) -> list[Card]:
    """The cards with exactly these words, which only their memory tells apart; the most common first."""
    return _unique(card for known, card in _keys() if known.words == words and not _is_variant(known, card))


def _is_variant(key: NameKey, card: Card) -> bool:
    """Whether this is an alias which holds with its memory alone, as `A100 80GB`, and says nothing of `A100`."""
    return key.memory is not None and key != key_of(card.name)


def _close(words: frozenset[str]) -> list[Card]:
    """The cards which only a word of their family tells from these words."""
    return _unique(card for known, card in _keys() if known.words - _FAMILIES == words and not _is_variant(known, card))


def _holding(words: frozenset[str]) -> list[Card]:
    """The cards with these words and more."""
    return _unique(card for known, card in _keys() if known.words > words)


def _unique(found: Iterable[Card]) -> list[Card]:
    return list(dict.fromkeys(found))


def _of_size(found: list[Card], gib: float | None) -> list[Card]:
    """Those of that many GiB."""
    return found if gib is None else [card for card in found if gib * GIB in card.memory]


def _of_memory(found: list[Card], memory: int | None) -> list[Card]:
    """Those with about the memory that a device reports, or all if that decides nothing."""
    fitting = [card for card in found if memory is None or has_memory(card, memory)]
    return fitting or found


def has_memory(card: Card, memory: int) -> bool:
    """Whether a device which reports so many bytes may be this card."""
    return any(abs(size - memory) <= _TOLERANCE * size for size in card.memory)


def _narrowed(card: Card, gib: float | None) -> Card:
    """The card with the one memory that a name states."""
    if gib is None or gib * GIB not in card.memory:
        return card
    return replace(card, memory=(int(gib * GIB),))


def _nearest(name: str) -> tuple[Card, ...]:
    """The cards whose names look most like this one, best first."""
    words = " ".join(sorted(key_of(name).words))
    spelled = {" ".join(sorted(key.words)): card for key, card in reversed(_keys())}
    import difflib  # late: slow to import, and only needed on the way to an error

    close = difflib.get_close_matches(words, spelled, n=_SUGGESTIONS, cutoff=0.6)
    return tuple(_unique(spelled[each] for each in close))


@cache
def _pci_names() -> dict[str, dict[str, str]]:
    text = files("devlint.doctor.catalog").joinpath("pci.json").read_text(encoding="utf-8")
    names: dict[str, dict[str, str]] = json.loads(text)
    return names


def pci_name(vendor: str, device: str, revision: str | None = None) -> str | None:
    """The marketing name of a PCI id (`10de`, `2684`, four hexadecimal digits each), as `find` takes it.

    AMD sells several cards under one id, told apart by the revision (`c1`).
    """
    names = _pci_names().get(vendor.lower(), {})
    device = device.lower()
    return names.get(f"{device}:{revision.lower()}" if revision else device) or names.get(device)
