"""The rules: one file each, in one folder per family. They consume the flow's events and own no traversal."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING

from devlint.findings.registry import subclasses_in

if TYPE_CHECKING:
    from devlint.findings import RuleMeta
    from devlint.rules.base import Rule

FAMILIES: dict[str, str] = {
    "1": "placement",
    "2": "movement",
    "3": "portability",
    "4": "module-state",
    "5": "call-protocol",
    "6": "checkpoints",
    "7": "data-transfer",
    "8": "precision-and-distributed",
    "9": "hygiene",
}
"""The first digit of a code -> the family's name, which is also its folder (with underscores)."""


@functools.cache
def all_rules() -> tuple[type[Rule], ...]:
    """Every rule, by code."""
    from devlint.rules.base import Rule

    return tuple(sorted(subclasses_in(sys.modules[__name__], Rule), key=lambda rule: rule.meta.code))


@functools.cache
def all_metas() -> tuple[RuleMeta, ...]:
    """What every rule says about itself, by code."""
    return tuple(rule.meta for rule in all_rules())
