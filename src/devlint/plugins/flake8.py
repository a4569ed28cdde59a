"""devlint inside flake8: the findings of `devlint check`, at the same lines and columns.

flake8 itself applies `# noqa`, its selection of codes and its per-file-ignores; devlint's own comments and settings
hold as in `devlint check`. Whatever goes wrong in devlint becomes one XDV900 line: flake8 goes on.
"""

from __future__ import annotations

import argparse
import ast
import io
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devlint import __version__
from devlint.findings import FileResult, Location

if TYPE_CHECKING:
    from devlint.run.worker import Projects
    from devlint.settings.resolve import Resolver

FAILURE = "XDV900"
"""The code of a line that says why devlint could not check a file; no rule has it."""


class Plugin:
    """What flake8 makes for each file; it passes arguments by name, and `tree` makes that once a file."""

    name = "devlint"
    version = __version__
    _run: _Run

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        self._filename = filename
        self._lines = lines

    @staticmethod
    def add_options(manager: Any) -> None:
        """Declare devlint's options to flake8's option manager."""
        for option, help_text in (
            ("--devlint-off", "Do not run devlint."),
            ("--devlint-pedantic", "Run devlint's pedantic rules too."),
        ):
            manager.add_option(option, action="store_true", parse_from_config=True, help=help_text)

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Take the options of a run that begins."""
        cls._run = _Run(off=options.devlint_off, pedantic=options.devlint_pedantic)

    def run(self) -> Iterator[tuple[int, int, str, type]]:
        """The findings as (line from 1, column from 0, code and message, this class)."""
        found: list[tuple[Location | None, str]] = []
        failed: list[tuple[Location | None, str]] = []
        try:
            result = self._run.check("".join(self._lines), self._filename)
            found += ((each.location, f"{each.code} {each.message}") for each in result.findings)
            failed += ((each.location, each.message) for each in result.failures)
        except Exception as error:  # a broken linter must not take the others down
            failed.append((None, f"{type(error).__name__}: {error}"))
        for place, message in failed:
            found.append((place, f"{FAILURE} devlint could not check this file: {' '.join(message.split())}"))
        for place, text in found:
            line, column = (place.span.line, place.span.column) if place else (1, 1)
            yield line, column - 1, text, type(self)


class _Run:
    """What one run of flake8 shares between its files."""

    def __init__(self, *, off: bool, pedantic: bool) -> None:
        self._off = off
        self._pedantic = pedantic
        self._projects: Projects | None = None

    def check(self, text: str, filename: str) -> FileResult:
        """What devlint finds in a file that flake8 has read; nothing in one that is none of devlint's business."""
        if self._off or filename.endswith(".ipynb"):
            return FileResult(filename)
        from devlint.lint import check_source
        from devlint.run.discover import Stdin, discover
        from devlint.run.target import STDIN
        from devlint.run.worker import Projects

        data = _encoded(text)
        for target in discover([STDIN], self._resolver, Stdin(data, filename)).targets:  # none if it is excluded
            self._projects = self._projects or Projects()
            project = self._projects.of(target.path, target.settings)
            return check_source(data, target.path, replace(target.settings, honour_noqa=False), project)
        return FileResult(filename)

    @cached_property
    def _resolver(self) -> Resolver:
        from devlint.rules import FAMILIES, all_metas
        from devlint.settings import options
        from devlint.settings.layers import Layer
        from devlint.settings.resolve import Resolver
        from devlint.settings.select import RuleIndex

        flags = {options.FORCE_EXCLUDE.key: True}
        if self._pedantic:
            flags[options.PEDANTIC.key] = True
        folder = Path.cwd()
        return Resolver(RuleIndex(all_metas(), FAMILIES), overrides=(Layer("flake8", folder, flags),), cwd=folder)


def _encoded(text: str) -> bytes:
    """Bytes that decode to a text: flake8 has decoded it, but an encoding declaration still stands in it."""
    as_utf8 = text.encode(errors="replace")
    try:
        return text.encode(tokenize.detect_encoding(io.BytesIO(as_utf8).readline)[0])
    except (SyntaxError, LookupError, ValueError):
        return as_utf8
