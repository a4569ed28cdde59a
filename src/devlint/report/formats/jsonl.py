"""One JSON object a line."""

from __future__ import annotations

import json

from devlint.report.interface import RenderOptions, Reporter, RunReport
from devlint.report.records import records


class Jsonl(Reporter):
    """For programs that read line by line. In ASCII, so that no encoding can spoil it."""

    carries_failures = False
    has_statistics = True

    def render(self, run: RunReport, options: RenderOptions) -> str:
        """See `Reporter`."""
        return "".join(json.dumps(record) + "\n" for record in records(run))
