"""What a rehearsal reports: one file for each kind, whose docstring is its page."""

from __future__ import annotations

import functools
import sys
from inspect import cleandoc

from devlint.findings import RuleMeta
from devlint.findings.registry import subclasses_in
from devlint.rehearse.events.base import Event

__all__ = ["FAMILIES", "STEM", "Event", "all_kinds", "all_metas", "pages"]

STEM = "XDR"
"""The letters that all codes of events begin with."""

FAMILIES: dict[str, str] = {"1": "device-events", "2": "traffic-events", "3": "memory-events"}
"""The first digit of a code -> the family's name."""


@functools.cache
def all_kinds() -> tuple[type[Event], ...]:
    """Every kind of event, by code."""
    kinds = subclasses_in(sys.modules[__name__], Event)  # type: ignore[type-abstract]
    return tuple(sorted(kinds, key=lambda kind: kind.meta.code))


@functools.cache
def all_metas() -> tuple[RuleMeta, ...]:
    """What every kind says about itself, by code."""
    return tuple(kind.meta for kind in all_kinds())


def pages() -> dict[str, str]:
    """The Markdown of every kind's page, by code."""
    return {kind.meta.code: cleandoc(kind.__doc__ or "") for kind in all_kinds()}
