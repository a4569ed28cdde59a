"""One line a finding, for editors and for `grep`."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.report.interface import RenderOptions, RunReport
from devlint.report.terminal import Paint
from devlint.report.text import TextReporter, head


class Concise(TextReporter):
    """`path:line:col: CODE [name] message`."""

    def body(self, run: RunReport, options: RenderOptions, paint: Paint) -> Iterator[str]:
        """See `TextReporter`."""
        return (head(finding, paint) for finding in run.findings)
