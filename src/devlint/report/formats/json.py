"""An array with one object a finding."""

from __future__ import annotations

import json

from devlint.report.interface import RenderOptions, Reporter, RunReport
from devlint.report.records import records


class Json(Reporter):
    """For programs that read the whole report at once. In ASCII, so that no encoding can spoil it."""

    carries_failures = False
    has_statistics = True

    def render(self, run: RunReport, options: RenderOptions) -> str:
        """See `Reporter`."""
        return json.dumps(list(records(run)), indent=2) + "\n"
