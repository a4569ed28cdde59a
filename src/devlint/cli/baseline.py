"""`devlint baseline`: accept what is found today, so that only new findings count."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from pathlib import Path

from devlint.cli.exits import CLEAN, FAILED, FINDINGS
from devlint.cli.flags import add_settings_flags, resolver_for
from devlint.cli.known import DEFAULT_NAME, baseline_path, compare_outcome, read_known, relative_to, shown
from devlint.cli.output import write, write_file
from devlint.report import RenderOptions, render_failures
from devlint.run.check import Outcome, check_paths
from devlint.settings.resolve import Resolver
from devlint.suppress.baseline import Known, count, dumps

_EPILOG = """\
exit codes:
  0  done; for `status`: nothing new, nothing stale     1  `status`: something new or stale
  2  something could not be done

examples:
  devlint baseline write src          everything that is found in src is known from now on
  devlint check --baseline devlint-baseline.json src
  devlint baseline prune              forget what is not found any more
"""


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.description = "Keep a file of known findings, which `devlint check --baseline FILE` does not report."
    parser.epilog = _EPILOG
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.usage = "%(prog)s {write,status,prune} [OPTIONS] [PATHS ...]"
    parser.add_argument("action", choices=("write", "status", "prune"), help="What to do with the file.")
    parser.add_argument("paths", nargs="*", metavar="PATHS", help="Files and folders to check. [.]")
    add_settings_flags(parser, {})


def run(arguments: Namespace) -> int:
    """Check, and write or compare; return the exit code."""
    resolver = resolver_for(arguments, os.environ)
    settings = resolver.settings(resolver.cwd)
    path = baseline_path(settings) or resolver.cwd / DEFAULT_NAME
    known = Known() if arguments.action == "write" and not path.exists() else read_known(path)
    outcome = check_paths(arguments.paths or ["."], resolver, progress=sys.stderr)
    sys.stderr.write(render_failures(outcome.failures, RenderOptions()))
    if outcome.failures:
        return FAILED
    if arguments.action == "write":
        return _write(path, outcome, resolver, known)
    found = compare_outcome(outcome, path, known)
    if arguments.action == "prune":
        write_file(str(path), dumps(known - found.stale))
        write(f"{shown(path)}: {found.stale.total()} forgotten, {(known - found.stale).total()} left.\n")
        return CLEAN
    new = sum(len(result.findings) for result in found.results)
    write(f"{shown(path)}: {known.total()} known, {new} new, {found.stale.total()} stale.\n")
    for key, number in sorted(found.stale.items()):
        times = f" ({number} times)" if number > 1 else ""
        write(f"stale: {key.path}: {key.rule} in {key.scope or 'the module'}: {key.line}{times}\n")
    return FINDINGS if new or found.stale else CLEAN


def _write(path: Path, outcome: Outcome, resolver: Resolver, known: Known) -> int:
    """Write what is found, and keep what was known of other files."""
    checked = {relative_to(path, result.path) for result in outcome.results}
    found = count(outcome.results, lambda name: relative_to(path, name))
    others = {key: number for key, number in known.items() if key.path not in checked}
    found += Known({key: number for key, number in others.items() if (path.parent / key.path).exists()})
    write_file(str(path), dumps(found))
    name = shown(path)
    write(f"{name}: {found.total()} known.\n")
    if baseline_path(resolver.settings(resolver.cwd)) is None:
        write(f'To use it, set `baseline = "{name}"` in [tool.devlint], or run `devlint check --baseline {name}`.\n')
    return CLEAN
