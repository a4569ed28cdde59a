"""What the formats for people share: a finding's head, errors, the statistics table and the summary."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator

from devlint.findings import Failure, Finding, Safety
from devlint.report.interface import RenderOptions, Reporter, RunReport
from devlint.report.places import in_cell
from devlint.report.terminal import Paint, painter, visible


class TextReporter(Reporter):
    """Findings or their statistics, then the errors and a summary."""

    has_statistics = True

    def render(self, run: RunReport, options: RenderOptions) -> str:
        """See `Reporter`."""
        paint = painter(options.color)
        body = statistics_lines(run.findings, paint) if run.statistics else self.body(run, options, paint)
        return as_text(body, closing_lines(run, paint))

    @abstractmethod
    def body(self, run: RunReport, options: RenderOptions, paint: Paint) -> Iterator[str]:
        """The lines that show the findings."""


def as_text(*parts: Iterable[str]) -> str:
    """All lines of all parts."""
    return "".join(f"{line}\n" for part in parts for line in part)


def head(finding: Finding, paint: Paint) -> str:
    """`path:line:col: CODE [name] message`, which terminals and editors make clickable."""
    where = paint("strong", visible(str(finding.location)))
    code = paint(finding.severity, finding.code)
    return f"{where}: {code} [{finding.name}] {visible(finding.message)}"


def story(finding: Finding) -> list[str]:
    """A finding where it cannot be drawn: its message, a line for each related place, and the tip."""
    lines = [f"{in_cell(finding.location)}{finding.message}"]
    lines += [f"{related.location}: {related.note}" for related in finding.related]
    if finding.tip:
        lines.append(f"tip: {finding.tip}")
    return [visible(line) for line in lines]


def render_failures(failures: Iterable[Failure], options: RenderOptions) -> str:
    """One line for each failure, for a caller whose format does not carry them; empty if there are none."""
    return as_text(_error_lines(failures, painter(options.color)))


def _error_lines(failures: Iterable[Failure], paint: Paint) -> Iterator[str]:
    """One line for each thing that could not be done: where, and what to do about it."""
    for failure in failures:
        where = visible(str(failure.location or failure.path))
        yield f"{paint('error', 'error:')} {paint('strong', where)}: {visible(failure.message)}"


def count_by_rule(findings: Iterable[Finding]) -> list[tuple[Finding, int]]:
    """How many findings each rule has, most first; the rule is shown by one of its findings."""
    examples: dict[str, Finding] = {}
    counts: Counter[str] = Counter()
    for finding in findings:
        examples.setdefault(finding.code, finding)
        counts[finding.code] += 1
    return [(examples[code], count) for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def statistics_lines(findings: Iterable[Finding], paint: Paint) -> Iterator[str]:
    """The table of `--statistics`."""
    table = count_by_rule(findings)
    digits = max((len(str(count)) for _, count in table), default=0)
    for finding, count in table:
        yield f"{count:>{digits}}  {paint(finding.severity, finding.code)}  {finding.name}"


def closing_lines(run: RunReport, paint: Paint) -> Iterator[str]:
    """The errors of the run and the line that sums it up."""
    yield from _error_lines(run.failures, paint)
    yield paint("strong", summary(run))
    yield from _fixable(run.findings)


def _fixable(findings: Iterable[Finding]) -> Iterator[str]:
    """How many findings fixing would take away, if any."""
    counts = Counter(finding.fix.safety for finding in findings if finding.fix)
    safe, unsafe = counts[Safety.SAFE], counts[Safety.UNSAFE]
    if safe:
        more = f", {unsafe} more with `--fix --unsafe-fixes`" if unsafe else ""
        yield f"{safe} can be fixed with `--fix`{more}."
    elif unsafe:
        yield f"{unsafe} can be fixed with `--fix --unsafe-fixes`."


def summary(run: RunReport) -> str:
    """One sentence on what came of the run."""
    found = [len(result.findings) for result in run.results if result.findings]
    if found:
        verdict = f"Found {_count(sum(found), 'problem')} in {_count(len(found), 'file')}"
    elif run.failures:
        verdict = "No problems found"
    elif not run.results:
        return "Nothing to check: no Python file or notebook found."
    else:
        return f"All clear: {_extent(run)}."
    return f"{verdict} ({_extent(run)})."


def _extent(run: RunReport) -> str:
    suppressed = sum(result.suppressed for result in run.results)
    parts = [f"{_count(len(run.results), 'file')} checked"]
    if suppressed:
        parts.append(f"{suppressed} suppressed")
    if run.known:
        parts.append(f"{run.known} in the baseline")
    if run.failures:
        parts.append(_count(len(run.failures), "error"))
    return ", ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
