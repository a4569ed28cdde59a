"""A repair as text: which stretches of a file to replace, and whether that may change what working code does."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from devlint.findings.location import Span


class Safety(enum.StrEnum):
    """Whether a fix may be applied unseen: `safe` cannot change what working code does, `unsafe` may."""

    SAFE = "safe"
    UNSAFE = "unsafe"


@dataclass(frozen=True, slots=True)
class Edit:
    r"""Put `replacement` (its newlines are `\n`) where `span` is; an empty span inserts.

    Spans count in the file as it was checked or, in a notebook, in the lines of `cell`, as those of a `Location` do.
    """

    span: Span
    replacement: str
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """One repair: all of its edits or none, which do not overlap. `title` says in the imperative what it does."""

    title: str
    edits: tuple[Edit, ...]
    safety: Safety
