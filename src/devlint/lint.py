"""The spine of `devlint check`, read top to bottom in a minute.

    source -> screen -> parse -> model -> flow -> rules -> findings -> suppress

`check_source` is pure: no file system, no torch, picklable in and out, never raises.
"""

from __future__ import annotations

from devlint.findings import FileResult
from devlint.settings.schema import LintSettings


def check_source(data: bytes, path: str, settings: LintSettings) -> FileResult:
    """Lint one file's bytes; `path` names it in findings and decides whether it is a notebook (`.ipynb`)."""
    return FileResult(path)
