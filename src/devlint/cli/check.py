"""`devlint check`: find device bugs."""

from __future__ import annotations

import os
import shutil
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from devlint import __version__, report
from devlint.cli.changes import add_change_flags, change_of, make_changes, note_changes, show_diff
from devlint.cli.exits import CLEAN, FAILED, FINDINGS
from devlint.cli.flags import add_settings_flags, resolver_for
from devlint.cli.known import baseline_path, read_known, without_known
from devlint.cli.output import COLORS, CommandError, wants_color, write, write_file
from devlint.cli.pages import rule_pages
from devlint.report import RenderOptions, Reporter, RunReport, render_failures
from devlint.report.text import summary
from devlint.run.check import Outcome, check_paths
from devlint.run.discover import Stdin, discover
from devlint.run.target import STDIN
from devlint.settings.errors import SettingsError
from devlint.settings.options import OUTPUT_FORMAT
from devlint.settings.resolve import Resolver
from devlint.settings.show import settings_as_toml

_EPILOG = """\
exit codes:
  0  nothing found     1  something found     2  something could not be done

examples:
  devlint check                                       the current folder
  devlint check src tests/test_model.py --select placement
  devlint check --output-format sarif --output-file devlint.sarif
  devlint check --diff --unsafe-fixes                 what could be fixed
  devlint check --fix --select movement
  git show HEAD:model.py | devlint check - --stdin-filename model.py
"""


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.description = "Find device bugs in Python files and notebooks that use PyTorch."
    parser.epilog = _EPILOG
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.usage = "%(prog)s [OPTIONS] [PATHS ...]"
    parser.add_argument("paths", nargs="*", metavar="PATHS", help="Files and folders; `-` is standard input. [.]")
    add_settings_flags(parser, {OUTPUT_FORMAT.key: f"One of {', '.join(report.FORMATS)}."})
    add_change_flags(parser)
    what = parser.add_argument_group("Output")
    what.add_argument("--statistics", action="store_true", help="Show how often each rule was broken, and no more.")
    what.add_argument("--show-files", action="store_true", help="Show the files that would be checked, and no more.")
    what.add_argument("--show-settings", action="store_true", help="Show what is set for the first path, and no more.")
    what.add_argument("-o", "--output-file", metavar="FILE", help="Write the report to a file, once it is complete.")
    what.add_argument("--color", choices=COLORS, default="auto", help="When to use colours. [auto]")
    what.add_argument("-v", "--verbose", action="store_true", help="Show tracebacks of errors inside devlint.")
    how = parser.add_argument_group("Other")
    how.add_argument("-j", "--jobs", type=_count, metavar="N", help="How many processes to use. [as many as pay]")
    how.add_argument("--stdin-filename", metavar="PATH", help="The path that standard input is to be taken for.")
    how.add_argument("--locked", action="store_true", help="Make known findings that are gone from the code an error.")
    how.add_argument("--exit-zero", action="store_true", help="End with exit code 0 even if something was found.")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"expected a number from 1 upwards, got `{text}`")
    return int(text)


def run(arguments: Namespace) -> int:
    """Check, report, and return the exit code."""
    resolver = resolver_for(arguments, os.environ)
    paths = arguments.paths or [STDIN if arguments.stdin_filename else "."]
    if arguments.show_settings:
        return _show_settings(paths[0], resolver)
    stdin = _stdin(paths, arguments.stdin_filename)
    if arguments.show_files:
        return _show_files(paths, resolver, stdin)
    reporter = _reporter(resolver, statistics=arguments.statistics)
    settings = resolver.settings(resolver.cwd)
    change, baseline = change_of(arguments, settings), baseline_path(settings)
    known = read_known(baseline) if baseline is not None else None
    outcome = check_paths(paths, resolver, jobs=arguments.jobs, stdin=stdin, progress=sys.stderr, change=change)
    if arguments.diff:
        return _exit_code(outcome, show_diff(outcome) and not arguments.exit_zero)
    if change is not None:
        outcome = make_changes(outcome, stdin)
        note_changes(outcome.results, change, listed=arguments.show_fixes)
    hidden = 0
    if baseline is not None and known is not None:
        outcome, hidden = without_known(outcome, baseline, known, locked=arguments.locked)
    if arguments.fix_only:
        sys.stderr.write(render_failures(outcome.failures, RenderOptions()))
        return _exit_code(outcome, False)
    _publish(outcome, resolver, reporter, arguments, hidden, sys.stderr if stdin and change else sys.stdout)
    return _exit_code(outcome, any(result.findings for result in outcome.results) and not arguments.exit_zero)


def _exit_code(outcome: Outcome, is_found: bool) -> int:
    if outcome.failures:
        return FAILED
    return FINDINGS if is_found else CLEAN


def _stdin(paths: list[str], name: str | None) -> Stdin | None:
    if STDIN not in paths:
        if name is not None:
            raise CommandError("--stdin-filename is about standard input: add `-` to the paths")
        return None
    return Stdin(sys.stdin.buffer.read(), name or STDIN)


def _show_settings(path: str, resolver: Resolver) -> int:
    full = Path(os.path.abspath(path))
    write(settings_as_toml(resolver.settings(full if full.is_dir() else full.parent), resolver.rules))
    return CLEAN


def _show_files(paths: list[str], resolver: Resolver, stdin: Stdin | None) -> int:
    found = discover(paths, resolver, stdin)
    write("".join(f"{target.path}\n" for target in found.targets))
    sys.stderr.write(render_failures(found.failures, RenderOptions()))
    return FAILED if found.failures else CLEAN


def _reporter(resolver: Resolver, *, statistics: bool) -> Reporter:
    """The report that the settings of the current folder ask for."""
    settings = resolver.settings(resolver.cwd)
    name = settings[OUTPUT_FORMAT]
    try:
        reporter = report.get(name)
    except ValueError as error:
        place = settings.layer_of(OUTPUT_FORMAT).where(OUTPUT_FORMAT)
        raise SettingsError(f"{place}: {OUTPUT_FORMAT.key}: {error}") from None
    if statistics and not reporter.has_statistics:
        able = ", ".join(format for format in report.FORMATS if report.get(format).has_statistics)
        raise CommandError(f"--statistics cannot be written in the format {name}: choose one of {able}")
    return reporter


def _publish(
    outcome: Outcome, resolver: Resolver, reporter: Reporter, arguments: Namespace, hidden: int, stream: TextIO
) -> None:
    """Write the report where it was asked for, and on standard error what does not stand in it."""
    ran = frozenset[str]().union(*(target.settings.enabled for target in outcome.targets))
    run_report = RunReport(
        results=outcome.results,
        failures=outcome.failures,
        rules=tuple(meta for meta in resolver.rules.metas if meta.code in ran),
        version=__version__,
        statistics=arguments.statistics,
        known=hidden,
        rule_pages=rule_pages(),
    )
    options = _render_options(arguments, resolver.cwd)
    text = reporter.render(run_report, options)
    if arguments.output_file:
        write_file(arguments.output_file, text)
    elif stream is sys.stdout:
        write(text)
    else:
        stream.write(text)
    if arguments.output_file or not reporter.carries_failures:
        color = wants_color(arguments.color, sys.stderr, os.environ)
        sys.stderr.write(render_failures(outcome.failures, replace(options, color=color)))
    if not (outcome.targets or outcome.failures) and (note := summary(run_report)) not in text:
        print(note, file=sys.stderr)
    if arguments.verbose:
        sys.stderr.write("".join(failure.detail or "" for failure in outcome.failures))


def _render_options(arguments: Namespace, cwd: Path) -> RenderOptions:
    to_file = arguments.output_file and arguments.color == "auto"
    repository = next((folder for folder in (cwd, *cwd.parents) if (folder / ".git").exists()), cwd)
    return RenderOptions(
        color=not to_file and wants_color(arguments.color, sys.stdout, os.environ),
        width=shutil.get_terminal_size(fallback=(120, 24)).columns,
        cwd=str(cwd),
        root=str(repository),
        environ=os.environ,
    )
