"""Sizes that are known only within a range, and how people write and read sizes."""

from __future__ import annotations

import re
from dataclasses import dataclass

KIB, MIB, GIB, TIB = 2**10, 2**20, 2**30, 2**40
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9, "t": 10**12}
_BYTES = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": KIB, "mib": MIB, "gib": GIB, "tib": TIB, "tb": 10**12}


@dataclass(frozen=True, slots=True)
class Amount:
    """Bytes: at least `low`, most likely `likely`, at most `high`."""

    low: int = 0
    likely: int = 0
    high: int = 0

    @classmethod
    def exactly(cls, size: float) -> Amount:
        """A size that is known."""
        return cls(int(size), int(size), int(size))

    @classmethod
    def between(cls, low: float, likely: float, high: float) -> Amount:
        """A size that is known within limits, which are put in order."""
        return cls(int(min(low, likely)), int(likely), int(max(high, likely)))

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.low + other.low, self.likely + other.likely, self.high + other.high)

    def __mul__(self, factor: float) -> Amount:
        return Amount(int(self.low * factor), int(self.likely * factor), int(self.high * factor))

    def at_least(self, other: Amount) -> Amount:
        """The larger of two, limit by limit."""
        return Amount(max(self.low, other.low), max(self.likely, other.likely), max(self.high, other.high))

    def __bool__(self) -> bool:
        return self.high > 0

    def __str__(self) -> str:
        if show_bytes(self.low) == show_bytes(self.high):
            return show_bytes(self.likely)
        return f"{show_bytes(self.likely)} ({show_bytes(self.low)} to {show_bytes(self.high)})"


NOTHING = Amount()


def show_bytes(size: float) -> str:
    """A size in the unit people would use: `512 MiB`, `23.9 GiB`."""
    if abs(size) < GIB and round(size / MIB) < 1024:
        return f"{size / MIB:.0f} MiB" if size >= MIB or size == 0 else f"{size / KIB:.0f} KiB"
    if abs(size) < 100 * GIB:
        return f"{size / GIB:.1f} GiB"
    return f"{size / GIB:.0f} GiB" if abs(size) < 10 * TIB else f"{size / TIB:.1f} TiB"


def show_count(count: int) -> str:
    """A number of parameters as people write it: `124M`, `6.7B`."""
    for unit, size in (("T", 10**12), ("B", 10**9), ("M", 10**6), ("K", 10**3)):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return str(count)


def parse_count(text: str) -> int:
    """`7B`, `1.3b`, `350M` or `124439808` as a number of parameters. Raises ValueError, saying what is expected."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgbt]?)", text.strip().replace("_", "").replace(",", "").lower())
    if match is None or float(match[1]) <= 0:
        raise ValueError(f"expected a number of parameters such as 7B or 350M, got `{text}`")
    return round(float(match[1]) * _UNITS[match[2]])


def parse_bytes(text: str) -> int:
    """`64MiB`, `12 GB` or a plain number of bytes. Raises ValueError, saying what is expected."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?i?b?)", text.strip().lower())
    unit = "" if match is None else match[2] if match[2].endswith("b") or not match[2] else f"{match[2]}b"
    if match is None or (unit or "b") not in _BYTES:
        raise ValueError(f"expected a size such as 64MiB or 12GB, got `{text}`")
    return round(float(match[1]) * _BYTES[unit or "b"])
