"""The language every leg speaks: places, findings, failures, and what a rule says about itself.

Standard library only, frozen and picklable: these objects cross process borders.
"""

from devlint.findings.edit import Edit, Fix, Safety
from devlint.findings.finding import Confidence, Finding, Related, Severity
from devlint.findings.location import Location, Span
from devlint.findings.meta import FixAvailability, RuleMeta
from devlint.findings.result import AppliedFix, Failure, FailureKind, FileResult, Fixed

__all__ = [
    "AppliedFix",
    "Confidence",
    "Edit",
    "Failure",
    "FailureKind",
    "FileResult",
    "Finding",
    "Fix",
    "FixAvailability",
    "Fixed",
    "Location",
    "Related",
    "RuleMeta",
    "Safety",
    "Severity",
    "Span",
]
