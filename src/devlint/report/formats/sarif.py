"""SARIF 2.1.0, the OASIS standard that GitHub code scanning and most viewers of analysis results read."""

from __future__ import annotations

import json
from pathlib import PurePath
from textwrap import shorten
from typing import Any
from urllib.parse import quote

from devlint.findings import Confidence, Failure, Finding, Fix, Location, RuleMeta, Severity, Span
from devlint.findings.meta import DOCS_URL
from devlint.report.fingerprints import fingerprinted
from devlint.report.interface import RenderOptions, Reporter, RunReport
from devlint.report.places import in_cell, in_file

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
PROBLEM_SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
PRECISIONS = {Confidence.HIGH: "high", Confidence.MEDIUM: "medium", Confidence.LOW: "low"}
MAX_DESCRIPTION = 1024
"""The longest description that GitHub takes, in characters."""

Object = dict[str, Any]


class Sarif(Reporter):
    """One run: its rules, its results with the device trace as code flow, and what could not be done."""

    def render(self, run: RunReport, options: RenderOptions) -> str:
        """See `Reporter`."""
        rules = [_rule(rule, run.rule_pages.get(rule.code)) for rule in run.rules]
        driver = {"name": "devlint", "version": run.version, "informationUri": DOCS_URL}
        invocation = {
            "executionSuccessful": not run.failures,
            "toolExecutionNotifications": [_notification(failure, options) for failure in run.failures],
        }
        log = {
            "tool": {"driver": {**driver, "rules": rules}},
            "invocations": [invocation],
            "columnKind": "unicodeCodePoints",
            "results": _results(run, options),
        }
        return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [log]}, indent=2) + "\n"


def _rule(rule: RuleMeta, page: str | None) -> Object:
    summary = f"Flags {rule.summary.removesuffix('.')}."
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": shorten(summary, MAX_DESCRIPTION)},
        "fullDescription": {"text": shorten(_section(page or "", "What it does") or summary, MAX_DESCRIPTION)},
        "help": {"text": page or f"{summary} See {rule.url}", "markdown": page or f"{summary} See <{rule.url}>"},
        "helpUri": rule.url,
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "precision": PRECISIONS[rule.confidence],
            "problem.severity": PROBLEM_SEVERITIES[rule.severity],
        },
    }


def _section(page: str, heading: str) -> str:
    """The text under one heading of a rule's page."""
    return page.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def _results(run: RunReport, options: RenderOptions) -> list[Object]:
    index = {rule.code: number for number, rule in enumerate(run.rules)}
    return [_result(finding, index, fingerprint, options) for finding, fingerprint in fingerprinted(run)]


def _result(finding: Finding, index: dict[str, int], fingerprint: str, options: RenderOptions) -> Object:
    related = [_location(place.location, place.note, options) for place in finding.related]
    result: Object = {
        "ruleId": finding.code,
        "level": LEVELS[finding.severity],
        "message": {"text": _message(finding)},
        "locations": [_location(finding.location, "", options)],
        "partialFingerprints": {"primaryLocationLineHash": fingerprint},
    }
    if finding.code in index:
        result["ruleIndex"] = index[finding.code]
    if finding.fix and finding.location.cell is None:
        result["fixes"] = [_fix(finding.fix, finding.location.path, options)]
    if related:
        trace = [*related, _location(finding.location, finding.message, options)]
        flow = {"threadFlows": [{"locations": [{"location": location} for location in trace]}]}
        result["relatedLocations"] = [{"id": number, **location} for number, location in enumerate(related, start=1)]
        result["codeFlows"] = [flow]
    return result


def _fix(fix: Fix, path: str, options: RenderOptions) -> Object:
    replacements = [
        {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.replacement}} for edit in fix.edits
    ]
    change = {"artifactLocation": {"uri": _uri(path, options)}, "replacements": replacements}
    return {"description": {"text": f"{fix.title} ({fix.safety})"}, "artifactChanges": [change]}


def _message(finding: Finding) -> str:
    """What is wrong, a link to each related place (GitHub shows those that are linked), and the tip."""
    lines = [in_cell(finding.location) + finding.message]
    for number, related in enumerate(finding.related, start=1):
        note = "".join(f"\\{char}" if char in "\\[]" else char for char in related.note)
        lines.append(f"[{note}]({number})")
    if finding.tip:
        lines.append(f"Tip: {finding.tip}")
    return "\n".join(lines)


def _location(location: Location, message: str, options: RenderOptions) -> Object:
    span = in_file(location)
    place: Object = {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(location.path, options)},
            "region": _region(span),
        }
    }
    if location.cell is not None:
        place["logicalLocations"] = [{"name": f"cell {location.cell}"}]
    if message:
        place["message"] = {"text": in_cell(location) + message}
    return place


def _region(span: Span) -> Object:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _uri(path: str, options: RenderOptions) -> str:
    """A relative reference, if `path` is in the root; percent-encoded."""
    relative = PurePath(options.relative(path))
    return relative.as_uri() if relative.is_absolute() else quote(relative.as_posix(), errors="surrogateescape")


def _notification(failure: Failure, options: RenderOptions) -> Object:
    if failure.location is not None:
        location = _location(failure.location, "", options)
    else:
        location = {"physicalLocation": {"artifactLocation": {"uri": _uri(failure.path, options)}}}
    return {
        "descriptor": {"id": failure.kind},
        "level": "error",
        "message": {"text": in_cell(failure.location) + failure.message},
        "locations": [location],
    }
