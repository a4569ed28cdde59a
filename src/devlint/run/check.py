"""The run of `devlint check`: paths in, results out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TextIO

from devlint.findings import Failure, FileResult
from devlint.run.discover import Stdin, discover
from devlint.run.pool import check_targets
from devlint.run.progress import Progress
from devlint.run.target import Fixing, Ignoring, Target
from devlint.settings.options import TIMEOUT
from devlint.settings.resolve import Resolver


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run: a result for each target, and all failures, those of single files among them."""

    targets: tuple[Target, ...]
    results: tuple[FileResult, ...]
    failures: tuple[Failure, ...]

    def with_failures(self, failures: Iterable[Failure]) -> Outcome:
        """The same with more failures, in order."""
        return replace(self, failures=tuple(sorted((*self.failures, *failures), key=lambda failure: failure.sort_key)))


def check_paths(
    paths: Iterable[str],
    resolver: Resolver,
    *,
    jobs: int | None = None,
    stdin: Stdin | None = None,
    progress: TextIO | None = None,
    change: Fixing | Ignoring | None = None,
) -> Outcome:
    """Check files and folders; SettingsError if the settings for one of them cannot be used.

    Without `jobs`, there are as many processes as pay. A bar appears on `progress` if that is a terminal and it takes
    long. The outcome depends on nothing but the files. With `change`, results hold what to write; nothing is written.
    """
    found = discover(paths, resolver, stdin)
    timeout = resolver.settings(resolver.cwd)[TIMEOUT]
    targets = tuple(replace(target, change=change) for target in found.targets) if change else found.targets
    with Progress(len(targets), progress) as bar:
        results = check_targets(targets, timeout=timeout, jobs=jobs, on_done=bar.advance)
    failures = [*found.failures, *(failure for result in results for failure in result.failures)]
    return Outcome(targets, tuple(results), tuple(sorted(failures, key=lambda failure: failure.sort_key)))
