"""The report for people at a terminal: the machine, what is wrong, and the memory."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from devlint import __version__
from devlint.doctor.checks.base import FACT, Problem, as_finding
from devlint.doctor.checks.judge import Judgement
from devlint.doctor.memory.budget import Budget
from devlint.doctor.reports import words
from devlint.doctor.reports.findings import as_run
from devlint.doctor.reports.summary import machine_rows
from devlint.doctor.reports.tally import Tally, tally
from devlint.doctor.run import Diagnosis, severity_of
from devlint.findings import Finding, Related, RuleMeta
from devlint.report import RenderOptions, render_failures
from devlint.report.snippet import snippet
from devlint.report.sources import Sources
from devlint.report.terminal import Paint, painter, visible

_INDENT = "  "
_LABEL = 10


def render(diagnosis: Diagnosis, options: RenderOptions, *, verbose: bool) -> str:
    """The whole report; `verbose` adds what passed and why checks cannot tell."""
    page = _Page(diagnosis, options, painter(options.color))
    found = tally(diagnosis)
    blocks = [
        page.machine(),
        *(page.family(*family) for family in found.problems),
        *(page.memory(job.name, job.memory) for job in diagnosis.jobs if _is_shown(job.memory, diagnosis, verbose)),
        *(page.silent(found) if verbose else ()),
        page.closing(found, verbose=verbose),
    ]
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks)


@dataclass(frozen=True)
class _Page:
    """Lines of one report."""

    diagnosis: Diagnosis
    options: RenderOptions
    paint: Paint

    def machine(self) -> Iterator[str]:
        """The summary card."""
        yield self.paint("strong", f"devlint doctor {__version__}")
        for row in machine_rows(self.diagnosis.facts):
            yield from self._labelled(row.label, row.text)
        if jobs := self.diagnosis.named_jobs:
            yield from self._labelled("Jobs" if len(jobs) > 1 else "Job", words.listed(jobs))

    def family(self, name: str, pairs: tuple[tuple[Judgement, Problem], ...]) -> Iterator[str]:
        """The problems of one family."""
        sources = Sources(as_run(self.diagnosis).results)
        yield self.paint("strong", name.replace("-", " ").capitalize())
        for number, (judgement, problem) in enumerate(pairs):
            if number:
                yield ""
            yield from self._problem(judgement, problem, sources)

    def _problem(self, judgement: Judgement, problem: Problem, sources: Sources) -> Iterator[str]:
        """What, where, why, what will happen, and what to do."""
        severity, meta = severity_of(judgement, problem), judgement.meta
        first, *more = self._wrapped(f"{severity} {meta.code} [{meta.name}] {problem.message}", _INDENT)
        head = f"{severity} {meta.code}"
        yield first.replace(head, self.paint(severity, head), 1)
        yield from more
        finding = as_finding(problem, meta)
        if not _is_fact(finding):
            yield f"{_INDENT * 2}{self.paint('gutter', '-->')} {visible(str(finding.location))}"
            shown = replace(finding, related=tuple(each for each in finding.related if not _is_fact(each)))
            yield from (f"{_INDENT * 2}{line}" for line in snippet(shown, sources, self.options.width - 4, self.paint))
        notes = {
            "why": problem.evidence,
            "then": problem.consequence,
            "seen as": problem.error_text,
            "fix": problem.fix,
        }
        for label, text in notes.items():
            if text:
                yield from self._labelled(label, text, indent=_INDENT * 2, role="related")
        for line in (problem.command or "").splitlines():
            yield f"{_INDENT * 2}{' ' * _LABEL}{self.paint('strong', visible(line))}"

    def memory(self, name: str, budget: Budget) -> Iterator[str]:
        """What a job needs, part by part, and what to change."""
        title = f"Memory plan of {name}" if len(self.diagnosis.jobs) > 1 else "Memory plan"
        yield self.paint("strong", title)
        yield from self._wrapped(words.heading(budget), _INDENT)
        yield ""
        yield from self._parts(budget)
        yield ""
        sentences = [words.verdict(budget), words.batches(budget) or "", *words.caveats(budget)]
        for sentence in filter(None, sentences):
            yield from self._wrapped(sentence, _INDENT)
        if budget.changes:
            yield f"{_INDENT}What to change first, each on top of those before it:"
            for number, change in enumerate(budget.changes, start=1):
                yield from self._wrapped(f"{number}. {change.text}: {words.change(change)}", _INDENT * 2)

    def _parts(self, budget: Budget) -> Iterator[str]:
        header, *rows = words.table(budget)
        widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
        for row in (header, *rows):
            cells = [
                f"{row[0]:<{widths[0]}}",
                *(f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
            line = "  ".join(cells).rstrip()
            yield _INDENT + (self.paint("strong", line) if row[0] == "together" else line)

    def silent(self, found: Tally) -> Iterator[Iterator[str]]:
        """The checks that have nothing to complain about."""
        lists = {"Cannot tell": found.unknown, "Passed": found.passed, "Does not apply": found.inapplicable}
        for title, checks in lists.items():
            if checks:
                yield self._list(title, checks)
        reasons = [job.memory for job in self.diagnosis.jobs if isinstance(job.memory, str)]
        if reasons:
            yield iter([self.paint("strong", "Memory"), *self._wrapped(f"Not estimated: {reasons[0]}", _INDENT)])

    def _list(self, title: str, checks: tuple[tuple[RuleMeta, str], ...]) -> Iterator[str]:
        yield self.paint("strong", title)
        for meta, text in checks:
            yield from self._labelled(meta.code, f"{meta.name}: {text}")

    def closing(self, found: Tally, *, verbose: bool) -> Iterator[str]:
        """The errors of the run and the line that sums it up."""
        yield from render_failures(self.diagnosis.failures, self.options).splitlines()
        if self.diagnosis.note:
            yield f"note: {visible(self.diagnosis.note)}"
        hint = " -v shows them." if not verbose and found.unknown else ""
        yield self.paint("strong", found.sentence + hint)

    def _labelled(self, label: str, text: str, indent: str = _INDENT, role: str = "gutter") -> Iterator[str]:
        hanging = indent + " " * _LABEL
        head = f"{label:<{_LABEL - 1}} "
        first, *more = textwrap.wrap(visible(text), self._room(hanging), **_WRAP) or [""]
        yield indent + self.paint(role, head) + first
        yield from (hanging + line for line in more)

    def _wrapped(self, text: str, indent: str) -> list[str]:
        lines = textwrap.wrap(visible(text), self._room(indent + _INDENT), **_WRAP)
        return [indent + (_INDENT if number else "") + line for number, line in enumerate(lines)]

    def _room(self, indent: str) -> int:
        return max(min(self.options.width, 120) - len(indent), 40)


_WRAP: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}


def _is_shown(memory: Budget | str, diagnosis: Diagnosis, verbose: bool) -> TypeGuard[Budget]:
    """Of many jobs, only the memory of those that do not fit is worth the room."""
    return isinstance(memory, Budget) and (verbose or len(diagnosis.jobs) == 1 or memory.fits is False)


def _is_fact(placed: Finding | Related) -> bool:
    return placed.location.path.startswith(f"{FACT}:")
