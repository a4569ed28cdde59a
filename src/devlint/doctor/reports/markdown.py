"""The report for an issue: what people are asked for when they ask for help, and judged already."""

from __future__ import annotations

from collections.abc import Iterator

from devlint import __version__
from devlint.doctor.checks.base import Problem
from devlint.doctor.checks.judge import Judgement
from devlint.doctor.memory.budget import Budget
from devlint.doctor.reports import words
from devlint.doctor.reports.summary import machine_rows
from devlint.doctor.reports.tally import Tally, counted, tally
from devlint.doctor.run import Diagnosis, severity_of


def render(diagnosis: Diagnosis) -> str:
    """The report in GitHub's Markdown."""
    found = tally(diagnosis)
    lines = ["### devlint doctor", "", *_table(diagnosis), "", found.sentence, ""]
    for name, pairs in found.problems:
        lines += [f"#### {name.replace('-', ' ').capitalize()}", ""]
        for pair in pairs:
            lines += [*_problem(*pair), ""]
    for job in diagnosis.jobs:
        if isinstance(job.memory, Budget):
            lines += [*_memory(job.name, job.memory), ""]
    lines += [f"- **could not**: {_text(f'{each.path}: {each.message}')}" for each in diagnosis.failures]
    return "\n".join([*lines, *_unknown(found)]).rstrip() + "\n"


def _table(diagnosis: Diagnosis) -> Iterator[str]:
    yield "| | |"
    yield "| --- | --- |"
    yield f"| devlint | {__version__} |"
    for row in machine_rows(diagnosis.facts):
        yield f"| {row.label} | {_text(row.text)} |"
    if diagnosis.named_jobs:
        yield f"| Jobs | {_text(words.listed(diagnosis.named_jobs))} |"


def _problem(judgement: Judgement, problem: Problem) -> Iterator[str]:
    meta = judgement.meta
    yield f"- **{severity_of(judgement, problem)}** [{meta.code}]({meta.url}) {_text(problem.message)}"
    if problem.setting is not None:
        yield f"  - at `{problem.setting.location}`, `{problem.setting.key}`"
    for label, text in (("why", problem.evidence), ("then", problem.consequence)):
        if text:
            yield f"  - {label}: {_text(text)}"
    if problem.error_text:
        yield f"  - seen as: `{problem.error_text.replace('`', chr(39))}`"
    yield f"  - fix: {_text(problem.fix)}"
    if problem.command:
        yield "    ```console"
        yield from (f"    {line}" for line in problem.command.splitlines())
        yield "    ```"


def _memory(name: str, budget: Budget) -> Iterator[str]:
    header, *rows = words.table(budget)
    yield f"#### Memory plan of {_text(name)}"
    yield ""
    yield f"{_text(words.heading(budget))}. {_text(words.verdict(budget))}"
    yield ""
    yield f"| {' | '.join(header)} |"
    yield f"| --- |{' --: |' * (len(header) - 1)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""
    for sentence in filter(None, (words.batches(budget), *words.caveats(budget))):
        yield f"- {_text(sentence)}"
    for number, change in enumerate(budget.changes, start=1):
        yield f"- change {number}: {_text(change.text)}: {words.change(change)}"


def _unknown(found: Tally) -> Iterator[str]:
    if found.unknown:
        yield ""
        yield f"<details><summary>{counted(len(found.unknown), 'check')} cannot tell</summary>"
        yield ""
        yield from (f"- {meta.code} {meta.name}: {_text(reason)}" for meta, reason in found.unknown)
        yield ""
        yield "</details>"


def _text(text: str) -> str:
    """Text that starts no table cell and no tag."""
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())
