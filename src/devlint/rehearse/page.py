"""A rehearsal as one HTML page: no script, nothing from elsewhere, light and dark; its style is the doctor's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from devlint.rehearse.memory.purpose import Purpose
from devlint.rehearse.picture import COLORS, memory_over_time
from devlint.rehearse.sections import amount

if TYPE_CHECKING:
    from devlint.findings import Finding
    from devlint.rehearse.memory.figures import MemoryFigures, Row
    from devlint.rehearse.run import Outcome
    from devlint.rehearse.traffic import Crossing
    from devlint.report import RunReport

_MOST_ROWS = 20
_STYLE = """\
.wide svg { max-width: none; } .picture + .problem { margin-top: 14px; }
@media (max-width: 600px) { .wide svg .small, .wide svg .tiny { font-size: 17px; } }
 td.text { text-align: left; white-space: normal; min-width: 11rem; }
td:first-child { white-space: normal; overflow-wrap: anywhere; min-width: 9rem; }
"""


def as_page(report: RunReport, outcome: Outcome) -> str:
    """The text of the file."""
    style = files("devlint.doctor.reports").joinpath("page.css").read_text(encoding="utf-8") + _STYLE
    used = [figures for figures in outcome.memory if figures.peak]
    parts = [*_top(report, outcome), *(part for figures in used for part in _memory(figures))]
    body = "\n".join((*parts, *_traffic(outcome.traffic), *_invented(outcome)))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>devlint rehearse</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _top(report: RunReport, outcome: Outcome) -> Iterator[str]:
    found = report.findings
    yield "<h1>devlint rehearse</h1>"
    yield f'<p class="muted">{outcome.steps} optimizer steps on a pretend GPU, devlint {escape(report.version)}</p>'
    verdict = f"{len(found)} device problem{'s' * (len(found) != 1)}" if found else "No device problem found"
    yield f'<p class="sum">{verdict}</p>'
    for failure in outcome.failures:
        yield f'<div class="problem error"><h3>{escape(failure.path)}</h3><p>{escape(failure.message)}</p></div>'
    for finding in found:
        yield _finding(finding)
    if outcome.largest:
        largest = outcome.largest
        text = f"{amount(largest.peak)} of the {amount(largest.room)} there are for tensors"
        yield f'<p class="sum">Largest batch that fits: {largest.size} <span class="muted">({text})</span></p>'


def _finding(finding: Finding) -> str:
    related = "".join(
        f"<li><code>{escape(str(each.location))}</code> {_prose(each.note)}</li>" for each in finding.related
    )
    tip = f"<p>{_prose(finding.tip)}</p>" if finding.tip else ""
    head = f'<span class="tag">{escape(finding.severity)}</span> <code>{escape(str(finding.location))}</code>'
    return (
        f'<div class="problem {escape(finding.severity)}"><h3>{head}</h3><p>{_prose(finding.message)}</p>'
        f"{f'<ul>{related}</ul>' if related else ''}{tip}"
        f'<p class="muted">{escape(finding.code)} {escape(finding.name)}</p></div>'
    )


def _prose(text: str) -> str:
    """What stands between backticks is code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))


def _memory(figures: MemoryFigures) -> Iterator[str]:
    yield f"<h2>Memory of {escape(figures.device)}, {escape(figures.card)}</h2>"
    room = figures.capacity - figures.context
    yield (
        f"<p>Peak <strong>{amount(figures.peak)}</strong> of live tensors; the card has {amount(figures.capacity)}, of "
        f"which {amount(room)} are taken to be there for tensors.</p>"
    )
    yield f'<div class="picture wide">{memory_over_time(figures)}{_legend(figures)}</div>'
    if figures.growth:
        growth = figures.growth
        yield (
            f'<div class="problem warning"><h3>Memory grows</h3><p>Each step leaves {amount(growth.each_step)} more '
            f"behind than the one before, most of it taken at <code>{escape(growth.name)}</code> "
            f"<code>{escape(growth.text)}</code>.</p></div>"
        )
    yield "<h3>At the peak, by module</h3>" + _rows(figures.by_module, with_text=False)
    yield "<h3>At the peak, by line</h3>" + _rows(figures.by_line, with_text=True)


def _legend(figures: MemoryFigures) -> str:
    total = sum(figures.by_purpose) or 1
    items = "".join(
        f'<li><span class="key" style="background:{COLORS[purpose]}"></span>{purpose.label} '
        f"{amount(figures.by_purpose[purpose])} ({figures.by_purpose[purpose] / total:.0%})</li>"
        for purpose in Purpose
    )
    return f'<p class="small muted">At the peak:</p><ul class="legend">{items}</ul>'


def _rows(rows: Sequence[Row], *, with_text: bool) -> str:
    titles = ["", *(["source"] if with_text else []), "all", *(purpose.label for purpose in Purpose)]
    lines = []
    for row in rows[:_MOST_ROWS]:
        text = f'<td class="text"><code>{escape(row.text)}</code></td>' if with_text else ""
        sizes = "".join(f"<td>{amount(size) if size else ''}</td>" for size in (row.size, *row.by_purpose))
        lines.append(f"<tr><td><code>{escape(row.name)}</code></td>{text}{sizes}</tr>")
    rest = f"<p class='muted'>and {len(rows) - _MOST_ROWS} more</p>" if len(rows) > _MOST_ROWS else ""
    return _table(titles, lines) + rest


def _table(titles: Sequence[str], lines: Sequence[str]) -> str:
    head = "".join(f"<th>{escape(title)}</th>" for title in titles)
    return f'<div class="table"><table><tr>{head}</tr>{"".join(lines)}</table></div>'


def _traffic(crossings: Sequence[Crossing]) -> Iterator[str]:
    if not crossings:
        return
    yield "<h2>Traffic between host and device</h2>"
    yield '<p class="muted">Where the host waits for the device, or copies. Small models lose their time here.</p>'
    lines = []
    for each in crossings[: 2 * _MOST_ROWS]:
        often = "" if each.each_step is None else f"{each.each_step:.3g}"
        size = amount(each.size) if each.size else ""
        lines.append(
            f'<tr><td><code>{escape(each.name)}</code></td><td class="text"><code>{escape(each.text)}</code></td>'
            f"<td>{each.kind.value}</td><td>{often}</td><td>{each.count}</td><td>{size}</td></tr>"
        )
    yield _table(["", "source", "what", "each step", "in all", "size"], lines)


def _invented(outcome: Outcome) -> Iterator[str]:
    if outcome.invented:
        yield "<h2>Invented values</h2>"
        yield "<p>There is no data (<code>--fake-data</code>); these lines were given values:</p>"
        lines = []
        for name, text, count in outcome.invented:
            cells = f'<td><code>{escape(name)}</code></td><td class="text"><code>{escape(text)}</code></td>'
            lines.append(f"<tr>{cells}<td>{count}</td></tr>")
        yield _table(["", "source", "times"], lines)
