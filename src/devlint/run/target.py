"""What there is to check."""

from __future__ import annotations

from dataclasses import dataclass

from devlint.settings.schema import LintSettings

STDIN = "-"
"""The path that stands for standard input."""


@dataclass(frozen=True, slots=True)
class Fixing:
    """Fix what can be fixed safely or, with `unsafe`, at all."""

    unsafe: bool = False


@dataclass(frozen=True, slots=True)
class Ignoring:
    """Add comments that hide what is found, with a reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Target:
    """One file to check; picklable.

    `path` is how reports name it and, unless `data` holds its bytes already, where it is read from. `size` is in
    bytes and serves only to share out the work. `change` is what to do about findings; nothing is written, the result
    says what should be.
    """

    path: str
    settings: LintSettings
    size: int = 0
    data: bytes | None = None
    change: Fixing | Ignoring | None = None
