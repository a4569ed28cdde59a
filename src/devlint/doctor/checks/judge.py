"""All checks over one case."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from dataclasses import dataclass, replace

from devlint.doctor.checks import FAMILIES, STEM, all_checks
from devlint.doctor.checks.base import CannotTell, Case, Check, DoesNotApply, Passed, Problem, Unknown, Verdict
from devlint.findings import Failure, FailureKind, RuleMeta, Severity
from devlint.settings.select import RuleIndex


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one check says: problems, or a single verdict that there is none or that it cannot tell."""

    meta: RuleMeta
    verdicts: tuple[Verdict, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The verdicts that are problems."""
        return tuple(verdict for verdict in self.verdicts if isinstance(verdict, Problem))


def judge(
    case: Case, enabled: frozenset[str] | None = None, checks: Iterable[type[Check]] | None = None
) -> tuple[list[Judgement], list[Failure]]:
    """What the checks of these codes (None: all) say, by code, and which of them crashed."""
    judgements, failures = [], []
    for check in all_checks() if checks is None else checks:
        if enabled is None or check.meta.code in enabled:
            try:
                judgements.append(Judgement(check.meta, verdicts_of(check, case)))
            except Exception:
                message = f"check {check.meta.code} crashed; please report it with a facts file (--save-facts)"
                failures.append(
                    Failure(FailureKind.RULE_CRASH, check.meta.name, message, detail=traceback.format_exc())
                )
    return judgements, failures


def verdicts_of(check: type[Check], case: Case) -> tuple[Verdict, ...]:
    """What one check says."""
    try:
        return tuple(_tempered(verdict, check.meta) for verdict in check().judge(case))
    except CannotTell as reason:
        return (Unknown(str(reason)),)
    except DoesNotApply as reason:
        return (Passed(str(reason), applies=False),)


def _tempered(verdict: Verdict, meta: RuleMeta) -> Verdict:
    """No error rests on a guess at what a setting means (the `--batch-size` of somebody's own script)."""
    if not isinstance(verdict, Problem) or verdict.setting is None or verdict.setting.certain:
        return verdict
    is_error = (verdict.severity or meta.severity) is Severity.ERROR
    return replace(verdict, severity=Severity.WARNING) if is_error else verdict


def index() -> RuleIndex:
    """The checks, for selecting them by code, prefix, family or name."""
    return RuleIndex((check.meta for check in all_checks()), FAMILIES, STEM)
