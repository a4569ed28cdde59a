"""Names of GPUs, as drivers report and people type them, reduced to what tells one card from another."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NOISE = frozenset(
    "nvidia amd ati intel apple corporation geforce radeon tesla instinct gpu gpus graphics card generation edition "
    "design with the r tm oam hbm2 hbm2e hbm3 hbm3e gddr5 gddr6 gddr6x gddr7 ac oem".split()
)
_SYNONYMS = {"mobile": "laptop", "notebook": "laptop", "ws": "workstation", "pci": "pcie"}
_SUFFIX = "ti|super|laptop|mobile|notebook|sxm\\d?|pcie|nvl|xtx|xt|gre|d|pro|max|ultra"
_GLUED = re.compile(rf"(rtx|gtx|rx|arc|titan)?([a-z]{{0,2}}\d{{1,4}}x?)((?:{_SUFFIX})*)")
_MEMORY = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)[ -]?(?:gib|gb|g)\b")
_ASIDE = re.compile(r"\(.*?\)|\[.*?\]|\bmig \d+g\.\d+gb.*")
_COUNT = re.compile(
    r"(?P<before>\d{1,3}) ?[x×*] ?(?P<name>\S.*)"
    r"|(?P<named>.*\S) [x×*] ?(?P<after>\d+)"
    r"|(?P<glued>.*\d)[x×*](?P<last>\d+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class NameKey:
    """The words that matter in a name, in no order, and the memory that it states, in GiB."""

    words: frozenset[str]
    memory: float | None = None


def key_of(name: str) -> NameKey:
    """`NVIDIA GeForce RTX 3060 Ti`, `rtx3060ti` and `3060 TI rtx` have the same key."""
    text = _ASIDE.sub(" ", name.lower()).replace("max-q", "maxq").replace("pci-e", "pcie")
    memory = _MEMORY.search(text)
    tokens = re.findall(r"[a-z0-9]+", _MEMORY.sub(" ", text))
    words = (_SYNONYMS.get(word, word) for token in tokens for word in _split(token))
    return NameKey(
        frozenset("sxm" if word.startswith("sxm") else word for word in words if word not in _NOISE),
        float(memory[1]) if memory else None,
    )


def _split(token: str) -> list[str]:
    """`rtx4090laptop` as its three words; a token of another form as it is."""
    glued = _GLUED.fullmatch(token)
    if glued is None:
        return [token]
    return [part for part in (glued[1], glued[2], *re.findall(_SUFFIX, glued[3])) if part]


def split_count(text: str) -> tuple[int, str]:
    """How many of what: `8x H100`, `H100 x8` and `H100x8` are (8, "H100"), and a bare name is one."""
    found = _COUNT.fullmatch(text.strip())
    if found is None:
        return 1, text.strip()
    name = found["name"] or found["named"] or found["glued"]
    return int(found["before"] or found["after"] or found["last"]), name
