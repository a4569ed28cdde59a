"""What the checks came to, counted and sorted as every report shows it."""

from __future__ import annotations

from dataclasses import dataclass

from devlint.doctor.checks import FAMILIES
from devlint.doctor.checks.base import Passed, Problem, Unknown
from devlint.doctor.checks.judge import Judgement
from devlint.doctor.run import Diagnosis, severity_of
from devlint.findings import RuleMeta, Severity


@dataclass(frozen=True, slots=True)
class Tally:
    """The checks by verdict, in order of their codes; `problems` by family, the family with the worst one first."""

    problems: tuple[tuple[str, tuple[tuple[Judgement, Problem], ...]], ...]
    unknown: tuple[tuple[RuleMeta, str], ...]
    passed: tuple[tuple[RuleMeta, str], ...]
    inapplicable: tuple[tuple[RuleMeta, str], ...]
    errors: int
    warnings: int
    hints: int
    failures: int

    def fails(self, *, strict: bool) -> bool:
        """Whether there is anything to put right; strictly, hints and checks that cannot tell count, too."""
        return bool(self.errors or self.warnings or (strict and (self.hints or self.unknown)))

    @property
    def sentence(self) -> str:
        """The whole in one line."""
        parts = [
            counted(number, noun)
            for number, noun in ((self.errors, "error"), (self.warnings, "warning"), (self.hints, "hint"))
            if number
        ]
        found = ", ".join(parts) if parts else "No problems found"
        apply = "does not apply" if len(self.inapplicable) == 1 else "do not apply"
        checks = [f"{counted(len(self.passed), 'check')} passed", f"{len(self.inapplicable)} {apply}"]
        checks += [f"{len(self.unknown)} cannot tell"] if self.unknown else []
        checks += [counted(self.failures, "failure")] if self.failures else []
        return f"{found}: {', '.join(checks)}."


def tally(diagnosis: Diagnosis) -> Tally:
    """Sort and count a diagnosis."""
    pairs = diagnosis.problems
    severities = [severity_of(*pair) for pair in pairs]
    families = dict.fromkeys(family_of(judgement.meta) for judgement, _ in pairs)  # pairs are worst first
    verdicts = [(judgement.meta, verdict) for judgement in diagnosis.judgements for verdict in judgement.verdicts]
    passed = [(meta, verdict) for meta, verdict in verdicts if isinstance(verdict, Passed)]
    return Tally(
        problems=tuple((name, tuple(pair for pair in pairs if family_of(pair[0].meta) == name)) for name in families),
        unknown=tuple((meta, verdict.reason) for meta, verdict in verdicts if isinstance(verdict, Unknown)),
        passed=tuple((meta, verdict.detail) for meta, verdict in passed if verdict.applies),
        inapplicable=tuple((meta, verdict.detail) for meta, verdict in passed if not verdict.applies),
        errors=severities.count(Severity.ERROR),
        warnings=severities.count(Severity.WARNING),
        hints=severities.count(Severity.INFO),
        failures=len(diagnosis.failures),
    )


def family_of(meta: RuleMeta) -> str:
    """The name of a check's family."""
    return FAMILIES[meta.code[3]]


def counted(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
