"""The report for programs: one JSON object, whose schema is docs/doctor.schema.json."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from devlint import __version__
from devlint.doctor.checks.base import Passed, Problem, Unknown, Verdict
from devlint.doctor.checks.judge import Judgement
from devlint.doctor.config.show import rows
from devlint.doctor.facts import Facts
from devlint.doctor.facts.files import dumps
from devlint.doctor.facts.schema import settled
from devlint.doctor.memory import Amount
from devlint.doctor.memory.budget import Budget
from devlint.doctor.reports import words
from devlint.doctor.reports.summary import Row, machine_rows
from devlint.doctor.reports.tally import family_of, tally
from devlint.doctor.run import Diagnosis, Examined, severity_of
from devlint.findings import Location, Severity

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a value stands; lines and columns count from 1."""

    path: str
    line: int
    column: int
    key: str


@dataclass(frozen=True, kw_only=True)
class ProblemEntry:
    """What is wrong, why, what will happen, and what to do."""

    severity: Severity
    message: str
    consequence: str
    fix: str
    command: str | None
    place: Place | None
    fact: str | None
    evidence: str | None
    error_text: str | None


@dataclass(frozen=True, kw_only=True)
class CheckEntry:
    """One check: `verdict` is `pass`, `problem`, `unknown` or `inapplicable`; `detail` is what was seen or missing."""

    code: str
    name: str
    family: str
    url: str
    verdict: str
    detail: tuple[str, ...]
    problems: tuple[ProblemEntry, ...]


@dataclass(frozen=True, kw_only=True)
class ValueEntry:
    """One value of a plan, as `--show-plan` shows it."""

    field: str
    value: str
    key: str
    place: str
    note: str
    overrides: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PartEntry:
    """One part of the memory of one moment, in bytes."""

    name: str
    low: int
    likely: int
    high: int


@dataclass(frozen=True, kw_only=True)
class MomentEntry:
    """One moment of a step."""

    name: str
    parts: tuple[PartEntry, ...]


@dataclass(frozen=True, kw_only=True)
class ChangeEntry:
    """One change on the way to fitting; `peak` is what is needed after it, most likely, in bytes."""

    text: str
    cost: str
    peak: int
    fits: bool


@dataclass(frozen=True, kw_only=True)
class MemoryEntry:
    """What a job needs of one GPU, in bytes; `card` and `memory` are null where no GPU is at hand."""

    what: str
    parameters: int
    card: str | None
    memory: int | None
    fits: bool | None
    peak: PartEntry
    moments: tuple[MomentEntry, ...]
    host: int
    largest_batch: int | None
    largest_batch_for_sure: int | None
    changes: tuple[ChangeEntry, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class JobEntry:
    """One job; `memory_unknown` says why there is no `memory`."""

    name: str
    plan: tuple[ValueEntry, ...]
    memory: MemoryEntry | None
    memory_unknown: str | None


@dataclass(frozen=True, kw_only=True)
class FailureEntry:
    """Something that could not be done."""

    kind: str
    path: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Document:
    """The report. `facts` are as `--save-facts` writes them."""

    devlint_doctor: int
    version: str
    summary: tuple[Row, ...]
    facts: Facts
    jobs: tuple[JobEntry, ...]
    checks: tuple[CheckEntry, ...]
    failures: tuple[FailureEntry, ...]
    note: str | None
    errors: int
    warnings: int
    hints: int
    unknown: int


def render(diagnosis: Diagnosis) -> str:
    """The report as JSON."""
    document = document_of(diagnosis)
    facts = json.loads(dumps(document.facts))
    facts.pop("devlint_facts")
    fields = {name: getattr(document, name) for name in document.__dataclass_fields__}
    return json.dumps({**fields, "facts": facts}, default=_plain, indent=2, ensure_ascii=False) + "\n"


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the report."""
    import msgspec

    schema = settled(msgspec.json.schema(Document))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "devlint doctor", **schema}


def document_of(diagnosis: Diagnosis) -> Document:
    """The report as objects."""
    found = tally(diagnosis)
    return Document(
        devlint_doctor=VERSION,
        version=__version__,
        summary=tuple(machine_rows(diagnosis.facts)),
        facts=diagnosis.facts,
        jobs=tuple(map(_job, diagnosis.jobs)),
        checks=tuple(map(_check, diagnosis.judgements)),
        failures=tuple(
            FailureEntry(kind=each.kind, path=each.path, message=each.message) for each in diagnosis.failures
        ),
        note=diagnosis.note,
        errors=found.errors,
        warnings=found.warnings,
        hints=found.hints,
        unknown=len(found.unknown),
    )


def _plain(value: Any) -> Any:
    return asdict(value)


def _job(job: Examined) -> JobEntry:
    known = isinstance(job.memory, Budget)
    return JobEntry(
        name=job.name,
        plan=tuple(ValueEntry(**{name: getattr(row, name) for name in _ROW}) for row in rows(job.plan)),
        memory=_memory(job.memory) if isinstance(job.memory, Budget) else None,
        memory_unknown=None if known else str(job.memory),
    )


_ROW = tuple(ValueEntry.__dataclass_fields__)


def _memory(budget: Budget) -> MemoryEntry:
    estimate, fit = budget.estimate, budget.fit
    return MemoryEntry(
        what=words.heading(budget),
        parameters=budget.model.parameters,
        card=budget.card,
        memory=budget.memory,
        fits=budget.fits,
        peak=_part("peak", estimate.peak),
        moments=tuple(
            MomentEntry(name=moment.name, parts=tuple(_part(part.name, part.size) for part in moment.parts))
            for moment in estimate.moments
        ),
        host=estimate.host.likely,
        largest_batch=None if fit is None else fit.likely,
        largest_batch_for_sure=None if fit is None else fit.sure,
        changes=tuple(
            ChangeEntry(text=each.text, cost=each.cost, peak=each.peak.likely, fits=each.fits)
            for each in budget.changes
        ),
        notes=tuple(words.caveats(budget)),
    )


def _part(name: str, size: Amount) -> PartEntry:
    return PartEntry(name=name, low=size.low, likely=size.likely, high=size.high)


def _check(judgement: Judgement) -> CheckEntry:
    meta = judgement.meta
    return CheckEntry(
        code=meta.code,
        name=meta.name,
        family=family_of(meta),
        url=meta.url,
        verdict=_verdict(judgement.verdicts),
        detail=tuple(filter(None, map(_detail, judgement.verdicts))),
        problems=tuple(_problem(judgement, problem) for problem in judgement.problems),
    )


def _verdict(verdicts: tuple[Verdict, ...]) -> str:
    if any(isinstance(verdict, Problem) for verdict in verdicts):
        return "problem"
    if any(isinstance(verdict, Unknown) for verdict in verdicts):
        return "unknown"
    return "pass" if any(isinstance(verdict, Passed) and verdict.applies for verdict in verdicts) else "inapplicable"


def _detail(verdict: Verdict) -> str | None:
    match verdict:
        case Passed():
            return verdict.detail
        case Unknown():
            return verdict.reason
        case _:
            return None


def _problem(judgement: Judgement, problem: Problem) -> ProblemEntry:
    setting = problem.setting
    return ProblemEntry(
        severity=severity_of(judgement, problem),
        message=problem.message,
        consequence=problem.consequence,
        fix=problem.fix,
        command=problem.command,
        place=None if setting is None else _place(setting.location, setting.key),
        fact=problem.fact,
        evidence=problem.evidence,
        error_text=problem.error_text,
    )


def _place(location: Location, key: str) -> Place:
    return Place(path=location.path, line=location.span.line, column=location.span.column, key=key)
