"""What a check is: an identity, a docstring that is its page, and a judgement of facts and plan."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from devlint.doctor.facts import Facts
from devlint.doctor.plan import LaunchPlan, Setting
from devlint.findings import Finding, Location, Related, RuleMeta, Severity, Span

T = TypeVar("T")
FACT = "machine"
"""The path of findings about the machine and not about a file; `Location.path` is then `machine:memory.shm_total`."""


class CannotTell(Exception):
    """Raised inside a check (mostly by `Case.need`) when a fact it needs is missing; the text is the reason."""


class DoesNotApply(Exception):
    """Raised inside a check that is not about this machine or this job; the text says why."""


@dataclass(frozen=True, slots=True)
class Passed:
    """Nothing wrong; `detail` says what was seen. `applies` is False where the check is not about this case."""

    detail: str
    applies: bool = True


@dataclass(frozen=True, slots=True)
class Unknown:
    """The check cannot tell, because."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong.

    `message` is one line with the user's values. `setting` is the config's value at fault, `fact` the path of the fact
    that it clashes with (`memory.shm_total`) and `evidence` what the fact says in words. `consequence` is what will
    happen; `error_text` the real text that users meet, so that a search finds it. `fix` is one imperative sentence,
    `command` the exact command or edit. `severity` replaces the check's own.
    """

    message: str
    consequence: str
    fix: str
    command: str | None = None
    setting: Setting[Any] | None = None
    fact: str | None = None
    evidence: str | None = None
    error_text: str | None = None
    severity: Severity | None = None
    others: tuple[Setting[Any], ...] = ()


Verdict = Passed | Unknown | Problem


@dataclass(frozen=True, slots=True)
class Case:
    """What a check judges: a machine and the job that is to run there."""

    facts: Facts
    plan: LaunchPlan

    def need(self, value: T | None, path: str, what: str) -> T:
        """The value, or CannotTell with why the fact at `path` is not known; `what` names it: `the driver`."""
        if value is None:
            raise CannotTell(f"{what} is not known: {self.facts.why(path)}")
        return value

    def present(self, value: T | None, path: str, what: str) -> T:
        """The value, or DoesNotApply if None means that there is none; CannotTell if a gap says why it is not known."""
        if value is None and path in self.facts.gaps:
            raise CannotTell(f"{what} is not known: {self.facts.gaps[path]}")
        if value is None:
            raise DoesNotApply(f"there is no {what}")
        return value

    def setting(self, field: str) -> Setting[Any] | None:
        """The plan's setting of that field; CannotTell where a config's value is only known on the day (`$BATCH`)."""
        setting: Setting[Any] | None = getattr(self.plan, field)
        if setting is None and field in self.plan.unknown:
            unknown = self.plan.unknown[field]
            raise CannotTell(f"`{unknown.key}` in {unknown.location} is not known: {unknown.value}")
        return setting

    def asked(self, field: str, what: str) -> Setting[Any]:
        """`setting`, or DoesNotApply if nothing sets it; `what` names it: `a number of workers`."""
        setting = self.setting(field)
        if setting is None:
            raise DoesNotApply(f"no config sets {what}")
        return setting


class Check(ABC):
    """Base class. One file each; the docstring is the page, under the same headings as a rule's."""

    meta: ClassVar[RuleMeta]

    @abstractmethod
    def judge(self, case: Case) -> Iterator[Verdict]:
        """Any number of problems, or one `Passed`; CannotTell and DoesNotApply may be raised before the first."""


def fact_location(path: str) -> Location:
    """The place of a finding that is about the machine."""
    return Location(f"{FACT}:{path}", Span(1, 1, 1, 1))


def as_finding(problem: Problem, meta: RuleMeta) -> Finding:
    """A problem in the language that all reports share: at the config's line, or else at the fact."""
    setting, related = problem.setting, []
    if setting is not None and problem.fact is not None:
        related.append(Related(fact_location(problem.fact), problem.evidence or "the fact it clashes with"))
    related += [Related(other.location, f"`{other.key}` is {other.value}") for other in problem.others]
    error = f' ("{problem.error_text}")' if problem.error_text else ""
    return Finding(
        meta.code,
        meta.name,
        f"{problem.message}: {problem.consequence}{error}",
        setting.location if setting is not None else fact_location(problem.fact or "facts"),
        problem.severity or meta.severity,
        meta.confidence,
        tuple(related),
        problem.fix if problem.command is None else f"{problem.fix} `{problem.command}`",
    )
