"""Labelled findings as a TSV sheet, and the precision that follows from them. Not a script itself."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path

LABELS = ("right", "wrong", "unsure")
"""What a label may be; `unsure` counts as wrong. An empty label is one that is still to be given."""

_Z = 1.959964
"""The normal distribution's 97.5 % point: for a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Row:
    """A finding in a wheel, and what a reader said of it, in words of their own; `path` is inside the wheel."""

    package: str
    version: str
    path: str
    line: int
    code: str
    message: str
    label: str = ""
    reason: str = ""

    @property
    def key(self) -> tuple[str, str, str, int, str]:
        """What makes it the same finding in another run: all but its wording."""
        return (self.package, self.version, self.path, self.line, self.code)


_COLUMNS = tuple(field.name for field in fields(Row))


def read(path: Path) -> list[Row]:
    """The rows of a sheet; SystemExit with the line that is wrong."""
    rows = []
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        if tuple(next(reader, ())) != _COLUMNS:
            raise SystemExit(f"{path}: the first line must be {', '.join(_COLUMNS)}, tab-separated")
        for number, values in enumerate(reader, 2):
            if len(values) != len(_COLUMNS) or not values[3].isdecimal() or values[6] not in ("", *LABELS):
                raise SystemExit(f"{path}:{number}: not {len(_COLUMNS)} columns with a line number and a label")
            package, version, name, line, *rest = values
            rows.append(Row(package, version, name, int(line), *rest))
    return rows


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write a sheet; tabs and line ends in the values become spaces."""
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write("\t".join(_COLUMNS) + "\n")
        for row in rows:
            file.write("\t".join(" ".join(str(getattr(row, name)).split()) for name in _COLUMNS) + "\n")


def merge(rows: Iterable[Row], known: Iterable[Row]) -> list[Row]:
    """`rows` with the labels and reasons that `known` has for the same findings."""
    given = {row.key: row for row in known}
    matches = ((row, given.get(row.key)) for row in rows)
    return [replace(row, label=match.label, reason=match.reason) if match else row for row, match in matches]


def wilson(right: int, count: int) -> tuple[float, float]:
    """The 95 % score interval for a share, as fractions."""
    if not count:
        return 0.0, 1.0
    share, square = right / count, _Z * _Z
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = _Z / (1 + square / count) * math.sqrt(share * (1 - share) / count + square / (4 * count * count))
    return max(0.0, middle - half), min(1.0, middle + half)


def print_precision(rows: Iterable[Row]) -> None:
    """A Markdown table: per rule and overall, how many of the labelled findings are right."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        for group in (row.code, "all"):
            groups[group].append(row)
    print("| rule | labelled | right | precision | 95 % interval | to label |\n|---|---|---|---|---|---|")
    for group in sorted(groups):
        labelled = [row for row in groups[group] if row.label]
        right = sum(row.label == "right" for row in labelled)
        low, high = wilson(right, len(labelled))
        share = f"{100 * right / len(labelled):.1f} %" if labelled else "-"
        missing = len(groups[group]) - len(labelled)
        print(f"| {group} | {len(labelled)} | {right} | {share} | {100 * low:.1f} to {100 * high:.1f} % | {missing} |")
