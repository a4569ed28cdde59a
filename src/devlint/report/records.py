"""Findings as the plain objects of the JSON formats; docs/output-formats.md describes each key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from devlint.findings import Finding, Fix, Location, Span
from devlint.report.interface import RunReport
from devlint.report.text import count_by_rule


def records(run: RunReport) -> Iterator[dict[str, Any]]:
    """One object for each finding, or for each rule that has some where statistics are asked for."""
    if run.statistics:
        yield from (_count(finding, count) for finding, count in count_by_rule(run.findings))
    else:
        urls = run.urls
        yield from (_finding(finding, urls.get(finding.code)) for finding in run.findings)


def _finding(finding: Finding, url: str | None) -> dict[str, Any]:
    return {
        **_place(finding.location),
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "related": [{**_place(related.location), "note": related.note} for related in finding.related],
        "tip": finding.tip,
        "url": url,
        "fix": _fix(finding.fix) if finding.fix else None,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [{"cell": edit.cell, **_span(edit.span), "replacement": edit.replacement} for edit in fix.edits]
    return {"title": fix.title, "safety": fix.safety, "edits": edits}


def _count(finding: Finding, count: int) -> dict[str, Any]:
    return {"code": finding.code, "name": finding.name, "severity": finding.severity, "count": count}


def _place(location: Location) -> dict[str, Any]:
    return {"path": location.path, "cell": location.cell, **_span(location.span)}


def _span(span: Span) -> dict[str, int]:
    return {"line": span.line, "column": span.column, "end_line": span.end_line, "end_column": span.end_column}
