"""The spine of `devlint doctor`: a machine's facts, the jobs that the user's files describe, the checks' verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from devlint.doctor.checks.base import CannotTell, Case, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.fitting import memory_plan
from devlint.doctor.checks.judge import Judgement, judge
from devlint.doctor.checks.reading import smallest_gpu
from devlint.doctor.config.discover import jobs
from devlint.doctor.config.read import read_configs
from devlint.doctor.facts import Facts
from devlint.doctor.memory import Job, overlay
from devlint.doctor.memory.budget import Budget, budget
from devlint.doctor.memory.job import FLAGS_PATH
from devlint.doctor.plan import LaunchPlan
from devlint.findings import Failure, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to diagnose: files, a command line, or (neither) the launch files of `folder`.

    `job` is what the user says about memory beside the files. `enabled` are the codes of the checks to run.
    """

    configs: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    config_format: str | None = None
    folder: Path = Path()
    job: Job = field(default_factory=Job)
    enabled: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """One job: what it is called, its plan, and its memory, or why nothing can be said of that."""

    name: str
    plan: LaunchPlan
    memory: Budget | str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that there is to report; `judgements` has one for each check, over all jobs.

    `note` says that the search for launch files ended early, and why.
    """

    facts: Facts
    jobs: tuple[Examined, ...]
    judgements: tuple[Judgement, ...]
    failures: tuple[Failure, ...]
    note: str | None = None

    @property
    def named_jobs(self) -> tuple[str, ...]:
        """The names of the jobs that files or a command line describe."""
        return tuple(job.name for job in self.jobs if any(source.path != FLAGS_PATH for source in job.plan.sources))

    @property
    def problems(self) -> tuple[tuple[Judgement, Problem], ...]:
        """Every problem with its check, worst first and then by code."""
        pairs = [(judgement, problem) for judgement in self.judgements for problem in judgement.problems]
        return tuple(sorted(pairs, key=lambda pair: list(Severity).index(severity_of(*pair))))


def severity_of(judgement: Judgement, problem: Problem) -> Severity:
    """How bad a problem is."""
    return problem.severity or judgement.meta.severity


def diagnose(facts: Facts, request: Request) -> Diagnosis:
    """Read the jobs and judge them on the machine. Never raises for what the files say: that is a failure."""
    plans = plans_of(request)
    verdicts: list[list[Judgement]] = []
    crashes: list[Failure] = []
    for _, plan in plans.named:
        judged, crashed = judge(Case(facts, plan), request.enabled)
        verdicts.append(judged)
        crashes += [failure for failure in crashed if failure not in crashes]
    examined = tuple(Examined(name, plan, _memory(facts, plan)) for name, plan in plans.named)
    return Diagnosis(facts, examined, tuple(_together(verdicts)), (*plans.failures, *crashes), plans.note)


@dataclass(frozen=True, slots=True)
class Plans:
    """The jobs by name, what could not be read, and whether the search for files ended early."""

    named: tuple[tuple[str, LaunchPlan], ...]
    failures: tuple[Failure, ...] = ()
    note: str | None = None


def plans_of(request: Request) -> Plans:
    """What the files, or the command line, ask for; without any, one job that asks for nothing."""
    found = _plans(request)
    return replace(found, named=tuple((name, overlay(plan, request.job)) for name, plan in found.named))


def _plans(request: Request) -> Plans:
    if request.configs or request.command:
        plan, failures = read_configs(
            request.configs, command=request.command, config_format=request.config_format, folder=request.folder
        )
        return Plans(((", ".join(request.configs) or " ".join(request.command), plan),), failures)
    if request.job.model is not None or request.job.parameters is not None:
        return Plans((("the flags", LaunchPlan()),))
    found, note = jobs(request.folder)
    named = tuple((job.path, job.plan) for job in found) or (("this machine", LaunchPlan()),)
    return Plans(named, tuple(failure for job in found for failure in job.failures), note)


def _memory(facts: Facts, plan: LaunchPlan) -> Budget | str:
    """The memory of a job on the smallest of its GPUs, or what is missing."""
    case = Case(facts, plan)
    try:
        model, setup = memory_plan(case)
    except CannotTell as reason:
        return str(reason)
    try:
        gpu, memory = smallest_gpu(case)
    except (CannotTell, DoesNotApply):
        return budget(model, setup)
    return budget(model, setup, gpu.name or f"GPU {gpu.index}", memory)


def _together(judged: Sequence[Sequence[Judgement]]) -> Iterable[Judgement]:
    """One judgement for each check: what is wrong or unknown for any job, else what passed for one."""
    by_code: dict[str, list[Judgement]] = {}
    for judgements in judged:
        for judgement in judgements:
            by_code.setdefault(judgement.meta.code, []).append(judgement)
    for code in sorted(by_code):
        same = by_code[code]
        yield replace(same[0], verdicts=_worst(verdict for judgement in same for verdict in judgement.verdicts))


def _worst(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    distinct: list[Verdict] = []
    for verdict in verdicts:
        if verdict not in distinct:
            distinct.append(verdict)
    open_ones = [verdict for verdict in distinct if not isinstance(verdict, Passed)]
    passed = sorted((verdict for verdict in distinct if isinstance(verdict, Passed)), key=lambda each: not each.applies)
    return tuple(open_ones or passed[:1])
