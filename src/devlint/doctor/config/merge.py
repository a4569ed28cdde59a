"""Claims to one plan: the strongest on each field wins, and keeps what it overrides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

from devlint.doctor.config.claims import Claim
from devlint.doctor.plan import LaunchPlan, Setting, Source

_FIELDS = frozenset(each.name for each in fields(LaunchPlan))


def merge(claims: Iterable[Claim], sources: tuple[Source, ...]) -> LaunchPlan:
    """The plan of all claims; between equally strong ones, the later wins.

    Where the winner's value cannot be known, the field stays None and `unknown` has the reason.
    """
    by_field: dict[str, list[Claim]] = {}
    for claim in claims:
        by_field.setdefault(claim.field, []).append(claim)
    values: dict[str, Any] = {"environment": {}, "other": {}, "unknown": {}}
    for field, rivals in by_field.items():
        winner = _winner(rivals)
        kind, _, rest = field.partition(".")
        if winner.unknown:
            values["unknown"][field] = winner.setting
        elif rest:
            values[kind][rest] = winner.setting
        else:
            assert field in _FIELDS, f"no field {field} in a launch plan"
            values[field] = winner.setting
    return LaunchPlan(sources=sources, **values)


def _winner(rivals: list[Claim]) -> Claim:
    ordered = sorted(enumerate(rivals), key=lambda pair: (pair[1].strength, pair[0]), reverse=True)
    (_, winner), *losers = ordered
    overridden: dict[Any, Setting[Any]] = {}
    for _, loser in losers:
        if loser.setting.location != winner.setting.location:
            overridden.setdefault(loser.setting.location, loser.setting)
    return replace(winner, setting=replace(winner.setting, overrides=tuple(overridden.values())))
