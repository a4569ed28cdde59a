"""GitLab's code quality report."""

from __future__ import annotations

import json
from typing import Any

from devlint.findings import Failure, Finding, Severity
from devlint.report.fingerprints import fingerprinted, hexdigest
from devlint.report.interface import RenderOptions, Reporter, RunReport
from devlint.report.places import in_cell, in_file

SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "minor"}
_FAILURE = "blocker"


class Gitlab(Reporter):
    """An array of issues, for `artifacts: reports: codequality`."""

    def render(self, run: RunReport, options: RenderOptions) -> str:
        """See `Reporter`."""
        issues = [_failure(failure, number, options) for number, failure in enumerate(run.failures)]
        issues += [_finding(finding, fingerprint, options) for finding, fingerprint in fingerprinted(run)]
        return json.dumps(issues, indent=2) + "\n"


def _finding(finding: Finding, fingerprint: str, options: RenderOptions) -> dict[str, Any]:
    path = options.relative(finding.location.path, "CI_PROJECT_DIR")
    return {
        # GitLab shows no check_name, so the description names the rule
        "description": f"{finding.code} [{finding.name}] {in_cell(finding.location)}{finding.message}",
        "check_name": finding.name,
        "fingerprint": hexdigest(path, fingerprint),
        "severity": SEVERITIES[finding.severity],
        "location": {"path": path, "lines": {"begin": in_file(finding.location).line}},
    }


def _failure(failure: Failure, number: int, options: RenderOptions) -> dict[str, Any]:
    path = options.relative(failure.path, "CI_PROJECT_DIR")
    return {
        "description": f"{failure.kind}: {in_cell(failure.location)}{failure.message}",
        "check_name": failure.kind,
        "fingerprint": hexdigest(path, failure.kind, failure.message, str(number)),
        "severity": _FAILURE,
        "location": {"path": path, "lines": {"begin": in_file(failure.location).line}},
    }
