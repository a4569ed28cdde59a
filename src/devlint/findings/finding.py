"""A diagnostic: what is wrong, where, and where each side of it came from."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from devlint.findings.edit import Fix
from devlint.findings.location import Location


class Severity(enum.StrEnum):
    """How bad it is when it happens: `error` fails at run time, `warning` is wrong or slow, `info` is a hint."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Confidence(enum.StrEnum):
    """How sure devlint is that it happens; what is `low` is shown on request (`--pedantic`)."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Related:
    """A second place of the same story, such as where one operand got its device."""

    location: Location
    note: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One diagnostic.

    `message` says what is wrong in one line, with names from the user's code and code in backticks, without advice;
    `tip` is the advice, an imperative sentence; `related` is in the order of the story; `fix` is the repair, if there
    is one.
    """

    code: str
    name: str
    message: str
    location: Location
    severity: Severity
    confidence: Confidence
    related: tuple[Related, ...] = ()
    tip: str | None = None
    fix: Fix | None = None

    @property
    def sort_key(self) -> tuple[object, ...]:
        """The order of every report: by file, cell and place, then by code."""
        where = self.location
        return (where.path, where.cell or 0, where.span, self.code, self.message)
