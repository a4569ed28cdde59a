"""A diagnosis in the language of findings, for the formats that `devlint check` writes, too."""

from __future__ import annotations

from collections import defaultdict
from inspect import cleandoc

from devlint import __version__
from devlint.doctor.checks import all_checks
from devlint.doctor.checks.base import as_finding
from devlint.doctor.run import Diagnosis
from devlint.findings import FileResult, Finding
from devlint.report import RunReport


def as_run(diagnosis: Diagnosis) -> RunReport:
    """One result for each config and one for each fact at fault."""
    found: dict[str, list[Finding]] = defaultdict(list)
    for judgement, problem in diagnosis.problems:
        finding = as_finding(problem, judgement.meta)
        found[finding.location.path].append(finding)
    texts = sources(diagnosis)
    paths = sorted({*found, *texts})
    return RunReport(
        results=tuple(FileResult(path, tuple(found[path]), source=_source(texts.get(path))) for path in paths),
        failures=diagnosis.failures,
        rules=tuple(judgement.meta for judgement in diagnosis.judgements),
        version=__version__,
        rule_pages={check.meta.code: cleandoc(check.__doc__ or "") for check in all_checks()},
    )


def sources(diagnosis: Diagnosis) -> dict[str, str | None]:
    """The text of every file that a plan was read from, by path."""
    return {source.path: source.text for job in diagnosis.jobs for source in job.plan.sources}


def _source(text: str | None) -> dict[int | None, str] | None:
    return None if text is None else {None: text}
