"""Notebooks through the whole of `check_source`."""

from __future__ import annotations

import json

from devlint.findings import FailureKind, FileResult, Location, Span
from devlint.lint import check_source
from devlint.settings.schema import LintSettings

SETTINGS = LintSettings(enabled=frozenset({"XDV303", "XDV901"}))
BAD = 'torch.device("gpu")'


def check(*cells: str) -> FileResult:
    sources = [{"cell_type": "code", "source": cell} for cell in cells]
    text = {"cell_type": "markdown", "source": "import torch"}
    return check_source(json.dumps({"cells": [text, *sources]}).encode(), "a.ipynb", SETTINGS)


def places(result: FileResult) -> list[tuple[str, int | None, int, int]]:
    return [
        (finding.code, finding.location.cell, finding.location.span.line, finding.location.span.column)
        for finding in result.findings
    ]


def test_findings_are_in_their_cells() -> None:
    result = check(
        "%matplotlib inline\nimport torch", "%%time\n!ls\nif x:\n    " + BAD, "%%bash\n" + BAD, f"  y = 1\n  {BAD}"
    )
    assert places(result) == [("XDV303", 3, 4, 18), ("XDV303", 5, 2, 16)]
    assert result.source is not None
    assert result.source[3].startswith("%%time\n!ls\n")


def test_a_broken_cell_hides_no_other() -> None:
    result = check("import torch", "x = (", BAD)
    assert places(result) == [("XDV303", 4, 1, 14)]
    (failure,) = result.failures
    assert failure.kind is FailureKind.SYNTAX
    assert failure.location is not None
    assert failure.location.cell == 3


def test_comments_suppress() -> None:
    hidden = [f"{BAD}  # noqa: XDV303", f"!ls\n# devlint: ignore[XDV303]\n{BAD}"]
    result = check("import torch", *hidden, "# devlint: ignore", BAD)
    assert places(result) == [("XDV901", 5, 1, 1), ("XDV303", 6, 1, 14)]
    assert result.suppressed == 2
    assert result.findings[0].location == Location("a.ipynb", Span(1, 1, 1, 18), 5)
