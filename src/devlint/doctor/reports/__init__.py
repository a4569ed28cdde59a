"""What a diagnosis looks like: for people, for programs, for an issue, for a browser, and for CI systems."""

from __future__ import annotations

from devlint.doctor.run import Diagnosis
from devlint.report import RenderOptions, get, render_failures


def render(name: str, diagnosis: Diagnosis, options: RenderOptions, *, verbose: bool) -> tuple[str, str]:
    """The report in a format, and what has no room in it and belongs on standard error."""
    if name == "text":
        from devlint.doctor.reports import terminal

        return terminal.render(diagnosis, options, verbose=verbose), ""
    if name == "json":
        from devlint.doctor.reports import document

        return document.render(diagnosis), ""
    if name == "markdown":
        from devlint.doctor.reports import markdown

        return markdown.render(diagnosis), ""
    if name == "html":
        from devlint.doctor.reports import html

        return html.render(diagnosis), ""
    from devlint.doctor.reports.findings import as_run

    reporter = get(name)
    failures = "" if reporter.carries_failures else render_failures(diagnosis.failures, options)
    return reporter.render(as_run(diagnosis), options), failures
