"""A plan as rows for `--show-plan`: what holds, where it comes from, and what it overrides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from devlint.doctor.plan import LaunchPlan, Setting


@dataclass(frozen=True, slots=True)
class Row:
    """One field. `note` says how the value was worked out, or that it is a guess; `overrides` strongest first."""

    field: str
    value: str
    key: str
    place: str
    note: str = ""
    overrides: tuple[str, ...] = ()


def rows(plan: LaunchPlan) -> list[Row]:
    """All fields that are set, then variables, then what is unknown; the settings of single formats are left out."""
    return [_row(name, setting, name in plan.unknown) for name, setting in _all(plan)]


def _all(plan: LaunchPlan) -> Iterator[tuple[str, Setting[Any]]]:
    yield from plan.settings().items()
    groups: dict[str, Mapping[str, Setting[Any]]] = {"environment.": plan.environment, "": plan.unknown}
    for prefix, group in groups.items():
        for name, setting in sorted(group.items()):
            if not name.startswith("other."):
                yield prefix + name, setting


def _row(field: str, setting: Setting[Any], unknown: bool) -> Row:
    notes = [setting.derived or "", "" if setting.certain else "a guess from the name, or only in a branch"]
    if unknown:
        notes.insert(0, str(setting.value))
    overrides = (f"{_text(other.value)} ({other.key}, {other.location})" for other in setting.overrides)
    value = "unknown" if unknown else _text(setting.value)
    return Row(field, value, setting.key, str(setting.location), "; ".join(filter(None, notes)), tuple(overrides))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
