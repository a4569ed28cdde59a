"""The checks: one file each, in one folder per family. They judge facts and a plan, and probe nothing themselves."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING

from devlint.findings.registry import subclasses_in

if TYPE_CHECKING:
    from devlint.doctor.checks.base import Check

STEM = "XDC"
"""The letters that all codes of checks begin with."""

FAMILIES: dict[str, str] = {
    "1": "installation",
    "2": "precision",
    "3": "memory",
    "4": "data-loading",
    "5": "distributed",
    "6": "health",
}
"""The first digit of a code -> the family's name, which is also its folder (with underscores)."""


@functools.cache
def all_checks() -> tuple[type[Check], ...]:
    """Every check, by code."""
    from devlint.doctor.checks.base import Check

    found = subclasses_in(sys.modules[__name__], Check)  # type: ignore[type-abstract]
    return tuple(sorted(found, key=lambda check: check.meta.code))
