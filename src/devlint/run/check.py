"""The run of `devlint check`: paths in, results out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TextIO

from devlint.findings import Failure, FileResult
from devlint.run.discover import Stdin, discover
from devlint.run.pool import check_targets
from devlint.run.progress import Progress
from devlint.run.target import Target
from devlint.settings.options import TIMEOUT
from devlint.settings.resolve import Resolver


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run: a result for each target, and all failures, those of single files among them."""

    targets: tuple[Target, ...]
    results: tuple[FileResult, ...]
    failures: tuple[Failure, ...]


def check_paths(
    paths: Iterable[str],
    resolver: Resolver,
    *,
    jobs: int | None = None,
    stdin: Stdin | None = None,
    progress: TextIO | None = None,
) -> Outcome:
    """Check files and folders; SettingsError if the settings for one of them cannot be used.

    Without `jobs`, there are as many processes as pay. A bar appears on `progress` if that is a terminal and it takes
    long. The outcome depends on nothing but the files.
    """
    found = discover(paths, resolver, stdin)
    timeout = resolver.settings(resolver.cwd)[TIMEOUT]
    with Progress(len(found.targets), progress) as bar:
        results = check_targets(found.targets, timeout=timeout, jobs=jobs, on_done=bar.advance)
    failures = [*found.failures, *(failure for result in results for failure in result.failures)]
    return Outcome(found.targets, tuple(results), tuple(sorted(failures, key=lambda failure: failure.sort_key)))
