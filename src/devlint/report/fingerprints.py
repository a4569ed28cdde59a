"""What tells a finding from all others, and stays the same when lines above it come and go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256

from devlint.findings import Finding
from devlint.report.interface import RunReport
from devlint.report.sources import Sources


def fingerprinted(run: RunReport) -> Iterator[tuple[Finding, str]]:
    """Each finding with a fingerprint that no other finding of its file has.

    It is made from the code, the text of the line without its blanks (the message, where there is no text), and a count
    of the findings of the file for which these are the same.
    """
    sources = Sources(run.results)
    seen: Counter[tuple[str, str]] = Counter()
    for finding in run.findings:
        line = "".join(sources.first_line(finding.location).split()) or finding.message
        digest = hexdigest(finding.code, line)
        seen[finding.location.path, digest] += 1
        yield finding, f"{digest}:{seen[finding.location.path, digest]}"


def hexdigest(*parts: str) -> str:
    """A short hash of some texts."""
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
