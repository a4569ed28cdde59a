"""What became of one file: a closed set of plain, picklable outcomes."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from devlint.findings.finding import Finding
from devlint.findings.location import Location


class FailureKind(enum.StrEnum):
    """Why something could not be done; any of these makes the exit code 2."""

    MISSING = "missing-path"
    UNREADABLE = "unreadable-file"
    SYNTAX = "syntax-error"
    FORMAT = "unknown-format"
    VALUE = "wrong-value"
    RULE_CRASH = "rule-crash"
    TOO_COMPLEX = "too-complex"
    TIMEOUT = "timeout"
    SCRIPT = "script-failed"
    INTERNAL = "internal-error"
    UNWRITABLE = "unwritable-file"
    STALE = "stale-baseline"


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that could not be done: one line saying what, where and what to do."""

    kind: FailureKind
    path: str
    message: str
    location: Location | None = None
    detail: str | None = None
    """A traceback or the like, shown only on request."""

    @property
    def sort_key(self) -> tuple[object, ...]:
        """Failures are reported in this order."""
        place = self.location
        return (self.path, (place.cell or 0, place.span) if place else (), self.kind, self.message)


@dataclass(frozen=True, slots=True)
class AppliedFix:
    """A repair that was made: of which rule, and what it did."""

    code: str
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Fixed:
    """A file as it was and as it should be; nothing is written yet."""

    before: bytes
    after: bytes
    applied: tuple[AppliedFix, ...] = ()


@dataclass(frozen=True, slots=True)
class FileResult:
    """The outcome for one file.

    `source` is the text that `findings` point into, one string a cell (key None for a plain file); it is kept only
    where there is something to show, so that results stay small on their way between processes.
    """

    path: str
    findings: tuple[Finding, ...] = ()
    failures: tuple[Failure, ...] = ()
    suppressed: int = 0
    source: dict[int | None, str] | None = None
    fixed: Fixed | None = None
    """What repairs make of the file, where they were asked for; `findings` are then those that are left."""
