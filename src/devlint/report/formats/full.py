"""The default format: every finding with its source lines, and where each side of it came from."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.findings import Finding, Safety
from devlint.report.interface import RenderOptions, RunReport
from devlint.report.snippet import snippet
from devlint.report.sources import Sources
from devlint.report.terminal import Paint, visible
from devlint.report.text import TextReporter, head


class Full(TextReporter):
    """For people at a terminal."""

    def body(self, run: RunReport, options: RenderOptions, paint: Paint) -> Iterator[str]:
        """See `TextReporter`."""
        sources, urls = Sources(run.results), run.urls
        for finding in run.findings:
            yield head(finding, paint)
            yield from snippet(finding, sources, options.width, paint)
            yield from _advice(finding, urls.get(finding.code))
            yield ""


def _advice(finding: Finding, url: str | None) -> Iterator[str]:
    if finding.tip:
        yield f"tip: {visible(finding.tip)}"
    if finding.fix:
        flags = "--fix" if finding.fix.safety is Safety.SAFE else "--fix --unsafe-fixes"
        yield f"fix: {visible(finding.fix.title)} ({flags})"
    if url:
        yield f"see: {url} or `devlint rule {finding.code}`"
