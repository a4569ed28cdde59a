"""Microarchitectures of processors: by vendor, family and model as CPUID tells them, or by archspec's name.

The table is `cpus.toml`, kept by hand; its head names the sources.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Microarchitecture:
    """`name` as archspec has it (`zen4`), the same in words (`Zen 4`), and the year its first product was on sale."""

    name: str
    words: str
    year: int


@dataclass(frozen=True, slots=True)
class _Row:
    """Which models one microarchitecture has, of one vendor's family, and from which stepping on."""

    vendor: str
    family: int
    models: range
    stepping: int
    what: Microarchitecture


def by_model(vendor: str, family: int, model: int, stepping: int = 0) -> Microarchitecture | None:
    """What CPUID's numbers stand for; `vendor` as CPUID spells it (`AuthenticAMD`). None if they are not in the table.

    On Arm these are the implementer (`0x41`), the architecture and the part.
    """
    rows = (row for row in _rows() if (row.vendor, row.family) == (vendor, family) and model in row.models)
    fitting = [row for row in rows if stepping >= row.stepping]
    return max(fitting, key=lambda row: row.stepping).what if fitting else None


def by_name(name: str) -> Microarchitecture | None:
    """The first entry of archspec's name; None if there is none."""
    return next((what for _, what, _ in _entries() if what.name == name), None)


def implementer(vendor: str | None) -> str | None:
    """The name of an Arm implementer's number (`0x41`); any other vendor as it is."""
    return vendor and str(_table()["implementers"].get(vendor, vendor))


def _entries() -> Iterator[tuple[dict[str, Any], Microarchitecture, str]]:
    for entry in _table()["entry"]:
        for each in entry["microarchitectures"]:
            yield entry, Microarchitecture(each["name"], each["words"], each["year"]), each["models"]


@functools.cache
def _rows() -> tuple[_Row, ...]:
    rows = []
    for entry, what, models in _entries():
        for written in models.split():
            numbers, _, stepping = written.partition("/")
            first, _, last = numbers.partition("-")
            span = range(int(first, 16), int(last or first, 16) + 1)
            rows.append(_Row(entry["vendor"], entry["family"], span, int(stepping or "0", 16), what))
    return tuple(rows)


@functools.cache
def _table() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("cpus.toml").read_text(encoding="utf-8"))
