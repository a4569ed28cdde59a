"""What every output format takes and gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from os.path import join, normpath
from pathlib import PurePath
from typing import ClassVar

from devlint.findings import Failure, FileResult, Finding, RuleMeta

_SORT_KEY = attrgetter("sort_key")


@dataclass(frozen=True, slots=True)
class RunReport:
    """All that there is to say about a run.

    `results` has one entry a file, in order of their paths; `failures` are all of the run's, those of its files too.
    `rules` are the rules that ran, by code; `rule_pages` has the Markdown of their pages, where it is known, by code.
    `statistics` asks for the number of findings of each rule instead of the findings. `known` is how many findings the
    baseline took away.
    """

    results: tuple[FileResult, ...]
    failures: tuple[Failure, ...]
    rules: tuple[RuleMeta, ...]
    version: str
    statistics: bool = False
    known: int = 0
    rule_pages: Mapping[str, str] = field(default_factory=dict)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, in the order of every report."""
        return tuple(finding for result in self.results for finding in sorted(result.findings, key=_SORT_KEY))

    @property
    def urls(self) -> dict[str, str]:
        """The address of each rule's page, by code."""
        return {rule.code: rule.url for rule in self.rules}


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How to write a report, and where it will be read.

    `width` is in terminal columns. `cwd` is the folder that relative paths in findings count from, and `root` the one
    that the machine formats write paths relative to; both are absolute or, if empty, paths stay as they are.
    `environ` has the environment variables, of which CI_PROJECT_DIR and GITHUB_WORKSPACE can stand in for `root`.
    """

    color: bool = False
    width: int = 120
    cwd: str = ""
    root: str = ""
    environ: Mapping[str, str] = field(default_factory=dict)

    def relative(self, path: str, variable: str = "") -> str:
        """`path` from the folder that the environment `variable` names, else from `root`; as it is if not in there."""
        base = PurePath(normpath(self.environ.get(variable) or self.root or self.cwd))
        full = PurePath(normpath(join(self.cwd, path)))
        return full.relative_to(base).as_posix() if full.is_relative_to(base) else path


class Reporter(ABC):
    """One output format: pure, so that the same run gives the same bytes.

    A caller that uses a format which does not carry failures must print `render_failures` elsewhere; one that is asked
    for statistics in a format which has none must refuse.
    """

    carries_failures: ClassVar[bool] = True
    has_statistics: ClassVar[bool] = False

    @abstractmethod
    def render(self, run: RunReport, options: RenderOptions) -> str:
        """The whole report, its last newline included; empty where the format has nothing to say."""
