"""The language every leg speaks: places, findings, failures, and what a rule says about itself.

Standard library only, frozen and picklable: these objects cross process borders.
"""

from devlint.findings.finding import Confidence, Finding, Related, Severity
from devlint.findings.location import Location, Span
from devlint.findings.meta import FixAvailability, RuleMeta
from devlint.findings.result import Failure, FailureKind, FileResult

__all__ = [
    "Confidence",
    "Failure",
    "FailureKind",
    "FileResult",
    "Finding",
    "FixAvailability",
    "Location",
    "Related",
    "RuleMeta",
    "Severity",
    "Span",
]
