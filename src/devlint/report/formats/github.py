"""Workflow commands, which GitHub Actions turns into annotations beside the code, and the findings as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from devlint.findings import Failure, Finding, Severity
from devlint.report.interface import RenderOptions, Reporter, RunReport
from devlint.report.places import in_cell, in_file
from devlint.report.terminal import painter
from devlint.report.text import as_text, closing_lines, head, story

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
"""The commands, worst first."""
SHOWN_PER_LEVEL = 10
"""How many annotations of one level GitHub keeps for a step."""


class Github(Reporter):
    """Annotations, worst first because GitHub drops all after the tenth of a kind; then every finding as text."""

    def render(self, run: RunReport, options: RenderOptions) -> str:
        """See `Reporter`."""
        paint = painter(options.color)
        worst_first = list(LEVELS)
        findings = sorted(run.findings, key=lambda finding: worst_first.index(finding.severity))
        return as_text(
            (_failure(failure, options) for failure in run.failures),
            (_finding(finding, options) for finding in findings),
            (head(finding, paint) for finding in run.findings),
            _hidden(run),
            closing_lines(run, paint),
        )


def _finding(finding: Finding, options: RenderOptions) -> str:
    where, span = finding.location, in_file(finding.location)
    properties = {"file": options.relative(where.path, "GITHUB_WORKSPACE"), "line": span.line}
    if span.line == span.end_line:  # GitHub takes columns only within one line
        properties |= {"col": span.column, "endLine": span.end_line, "endColumn": span.end_column}
    else:
        properties |= {"endLine": span.end_line}
    title = f"{finding.code} [{finding.name}]"
    return _command(LEVELS[finding.severity], {**properties, "title": title}, "\n".join(story(finding)))


def _failure(failure: Failure, options: RenderOptions) -> str:
    properties = {
        "file": options.relative(failure.path, "GITHUB_WORKSPACE"),
        "line": in_file(failure.location).line,
        "title": f"devlint: {failure.kind}",
    }
    return _command("error", properties, in_cell(failure.location) + failure.message)


def _hidden(run: RunReport) -> Iterator[str]:
    """One line saying how many annotations GitHub will not show, if any."""
    counts = Counter(LEVELS[finding.severity] for finding in run.findings)
    counts["error"] += len(run.failures)
    hidden = sum(max(count - SHOWN_PER_LEVEL, 0) for count in counts.values())
    if hidden:
        yield (
            f"GitHub shows only the first {SHOWN_PER_LEVEL} errors, warnings and notices of a step beside the code: "
            f"{hidden} of {counts.total()} stand in this log alone."
        )


def _command(level: str, properties: dict[str, object], message: str) -> str:
    listed = ",".join(f"{key}={_escape(str(value), ':,')}" for key, value in properties.items())
    return f"::{level} {listed}::{_escape(message)}"


def _escape(text: str, reserved: str = "") -> str:
    """`text` with the characters that end a command, or one of its properties, as `%` and two hexadecimal digits."""
    return "".join(f"%{ord(char):02X}" if char in "%\r\n" or char in reserved else char for char in text)
