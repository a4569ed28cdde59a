"""What a rule says about itself."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from devlint.findings.finding import Confidence, Severity

DOCS_URL = "https://devlint.readthedocs.io/"
_FOLDERS = {"XDV": "rules", "XDC": "checks", "XDR": "events"}


class FixAvailability(enum.StrEnum):
    """Whether an autofix comes with the rule's findings."""

    NONE = "none"
    SOMETIMES = "sometimes"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class RuleMeta:
    """The identity of a rule or of a doctor's check.

    `code` is `XDV` (a rule) or `XDC` (a check) and three digits, the first of which is the family; `name` is kebab-case
    and names the bad pattern; `summary` completes the sentence "flags ..."; `pedantic` rules run only when asked for;
    `since` is a devlint version.
    """

    code: str
    name: str
    summary: str
    severity: Severity
    confidence: Confidence
    pedantic: bool = False
    fix: FixAvailability = FixAvailability.NONE
    since: str = "0.1.0"

    @property
    def url(self) -> str:
        """The rule's or the check's page."""
        return f"{DOCS_URL}{_FOLDERS[self.code[:3]]}/{self.name}/"
