"""The report as one HTML page: no script, nothing from elsewhere, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib.resources import files

from devlint import __version__
from devlint.doctor.checks.base import Case, Problem
from devlint.doctor.checks.judge import Judgement
from devlint.doctor.checks.reading import processes
from devlint.doctor.memory.budget import Budget
from devlint.doctor.plan import Setting
from devlint.doctor.reports import words
from devlint.doctor.reports.findings import sources
from devlint.doctor.reports.pictures import batch_chart, budget_bar, machine, workers
from devlint.doctor.reports.summary import machine_rows
from devlint.doctor.reports.tally import Tally, tally
from devlint.doctor.run import Diagnosis, Examined, severity_of

_EMPHASIS = ' class="total"'


def render(diagnosis: Diagnosis) -> str:
    """The page."""
    found = tally(diagnosis)
    style = files("devlint.doctor.reports").joinpath("page.css").read_text(encoding="utf-8")
    body = "\n".join((*_top(diagnosis, found), *_machine(diagnosis), *_problems(diagnosis, found), *_memory(diagnosis)))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>devlint doctor</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n{body}\n"
        f"{''.join(_silent(found))}</main>\n</body>\n</html>\n"
    )


def _top(diagnosis: Diagnosis, found: Tally) -> Iterator[str]:
    yield "<h1>devlint doctor</h1>"
    yield f'<p class="muted">{escape(words.listed(diagnosis.named_jobs) or "this machine")}</p>'
    yield f'<p class="sum">{escape(found.sentence)}</p>'
    if diagnosis.note:
        yield f'<p class="muted">{escape(diagnosis.note)}</p>'
    if diagnosis.failures:
        items = "".join(f"<li>{escape(f'{each.path}: {each.message}')}</li>" for each in diagnosis.failures)
        yield f'<div class="problem error"><h3>Could not be done</h3><ul>{items}</ul></div>'


def _machine(diagnosis: Diagnosis) -> Iterator[str]:
    rows = "".join(f"<dt>{escape(row.label)}</dt><dd>{escape(row.text)}</dd>" for row in machine_rows(diagnosis.facts))
    yield f'<h2>Machine</h2>\n<div class="card"><dl>{rows}</dl></div>\n<div class="pictures">'
    picture = machine.draw(diagnosis.facts)
    if picture is not None:
        yield f'<div class="picture">{picture}</div>'
    for job in diagnosis.jobs:
        picture = _workers(diagnosis, job)
        if picture is not None:
            title = f"CPUs and the workers of {job.name}" if job.plan.workers is not None else "CPUs"
            yield f'<div class="picture"><h3>{escape(title)}</h3>{picture}</div>'
    yield "</div>"


def _workers(diagnosis: Diagnosis, job: Examined) -> str | None:
    cpu = diagnosis.facts.cpu
    if cpu is None or cpu.threads is None or cpu.usable is None:
        return None
    if job.plan.workers is None and job is not diagnosis.jobs[0]:
        return None
    asked = None if job.plan.workers is None else job.plan.workers.value
    return workers.draw(cpu.threads, cpu.usable, asked, processes(Case(diagnosis.facts, job.plan)).value)


def _problems(diagnosis: Diagnosis, found: Tally) -> Iterator[str]:
    texts = sources(diagnosis)
    for name, pairs in found.problems:
        yield f"<h2>{escape(name.replace('-', ' ').capitalize())}</h2>"
        for judgement, problem in pairs:
            yield _problem(judgement, problem, texts)


def _problem(judgement: Judgement, problem: Problem, texts: dict[str, str | None]) -> str:
    meta, severity = judgement.meta, severity_of(judgement, problem)
    parts = [f'<h3><span class="tag">{severity}</span>{_code(problem.message)}</h3>']
    if problem.setting is not None:
        parts.append(_snippet(problem.setting, texts.get(problem.setting.location.path)))
    notes = {"Why": problem.evidence, "Then": problem.consequence}
    parts += [f"<p><b>{label}:</b> {_code(text)}</p>" for label, text in notes.items() if text]
    if problem.error_text:
        parts.append(f"<p><b>Seen as:</b> <code>{escape(problem.error_text)}</code></p>")
    parts.append(f"<p><b>Fix:</b> {_code(problem.fix)}</p>")
    if problem.command:
        parts.append(f"<pre>{escape(problem.command)}</pre>")
    parts.append(f'<p class="muted"><a href="{escape(meta.url)}">{meta.code} {escape(meta.name)}</a></p>')
    return f'<section class="problem {severity}">{"".join(parts)}</section>'


def _snippet(setting: Setting[object], text: str | None) -> str:
    """The line of a config, its value marked; the place alone where the text is not at hand."""
    where, span = setting.location, setting.location.span
    lines = (text or "").split("\n")
    place = f'<p class="muted"><code>{escape(str(where))}</code></p>'
    if text is None or not 0 < span.line <= len(lines):
        return place
    line = lines[span.line - 1]
    start, end = span.column - 1, span.end_column - 1 if span.end_line == span.line else len(line)
    return f"{place}<pre>{escape(line[:start])}<mark>{escape(line[start:end])}</mark>{escape(line[end:])}</pre>"


def _memory(diagnosis: Diagnosis) -> Iterator[str]:
    for job in diagnosis.jobs:
        if isinstance(job.memory, Budget):
            title = f"Memory plan of {job.name}" if len(diagnosis.jobs) > 1 else "Memory plan"
            yield f"<h2>{escape(title)}</h2>"
            yield f"<p>{escape(words.heading(job.memory))}</p>"
            yield f'<p class="sum">{escape(words.verdict(job.memory))}</p>'
            yield '<div class="pictures">'
            yield f'<div class="picture"><h3>What takes it</h3>{budget_bar.draw(job.memory)}</div>'
            yield f'<div class="picture"><h3>Batch and memory</h3>{batch_chart.draw(job.memory)}</div>'
            yield f'<div class="card">{_advice(job.memory)}</div>'
            yield f'<div class="card table">{_table(job.memory)}</div></div>'


def _advice(budget: Budget) -> str:
    sentences = filter(None, (words.batches(budget), *words.caveats(budget)))
    text = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    if budget.changes:
        items = (f"<li>{escape(each.text)}: {escape(words.change(each))}</li>" for each in budget.changes)
        text += f"<p><b>What to change first</b>, each on top of those before it:</p><ol>{''.join(items)}</ol>"
    return text


def _table(budget: Budget) -> str:
    header, *rows = words.table(budget)
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join(
        f"<tr{_EMPHASIS if row[0] == 'together' else ''}>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _silent(found: Tally) -> Iterator[str]:
    lists = {"cannot tell": found.unknown, "passed": found.passed, "do not apply": found.inapplicable}
    for title, checks in lists.items():
        if checks:
            items = "".join(f"<li><b>{meta.code} {escape(meta.name)}</b>: {escape(why)}</li>" for meta, why in checks)
            yield f"<details><summary>{len(checks)} checks {title}</summary><ul>{items}</ul></details>\n"
    yield f'<p class="muted">devlint {__version__}</p>\n'


def _code(text: str) -> str:
    """Text with what stands in backticks as code."""
    pieces = escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if number % 2 else piece for number, piece in enumerate(pieces))
