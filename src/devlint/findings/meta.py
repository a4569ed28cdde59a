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
    `since` is a devlint version. `torch` is the version of PyTorch from which on what a rule advises is there: the rule
    is silent where the setting `target-torch` names an older one and, with `needs_target`, where it names none.
    """

    code: str
    name: str
    summary: str
    severity: Severity
    confidence: Confidence
    pedantic: bool = False
    fix: FixAvailability = FixAvailability.NONE
    since: str = "0.1.0"
    torch: tuple[int, int] | None = None
    needs_target: bool = False

    @property
    def url(self) -> str:
        """The rule's or the check's page."""
        return f"{DOCS_URL}{_FOLDERS[self.code[:3]]}/{self.name}/"

    def fits(self, target: tuple[int, int] | None) -> bool:
        """Whether code that must run on PyTorch from the version `target` on (None: not said) can follow the advice."""
        if self.torch is None or target is None:
            return not self.needs_target
        return target >= self.torch
