"""What `devlint check` does to files: which change is asked for, and writing or showing what came of it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from devlint.cli.output import CommandError, write
from devlint.findings import Failure, FailureKind, FileResult, Fixed
from devlint.fixes.diff import diff
from devlint.fixes.write import replace_file
from devlint.report import RenderOptions, render_failures
from devlint.run.check import Outcome
from devlint.run.discover import Stdin
from devlint.run.target import Fixing, Ignoring
from devlint.settings.layers import Settings
from devlint.settings.options import FIX, UNSAFE_FIXES


def add_change_flags(parser: ArgumentParser) -> None:
    """Add the arguments that say what to do besides reporting."""
    section = parser.add_argument_group("Changing files")
    section.add_argument("--fix-only", action="store_true", help="Fix, and do not report what is left.")
    section.add_argument("--diff", action="store_true", help="Show what fixing would change, and change nothing.")
    section.add_argument("--show-fixes", action="store_true", help="List the fixes that were made.")
    section.add_argument(
        "--add-ignore", metavar="REASON", help="Hide all that is found today with comments that give a reason."
    )


def change_of(arguments: Namespace, settings: Settings) -> Fixing | Ignoring | None:
    """What arguments and settings ask to do about findings; CommandError if they contradict each other."""
    if arguments.add_ignore is not None:
        asked = [f"--{key}" for key in (FIX.key,) if getattr(arguments, key, False)] + [
            "--fix-only"
        ] * arguments.fix_only
        if asked:
            raise CommandError(
                f"--add-ignore and {asked[0]} contradict each other: fix first, then ignore what is left"
            )
        if "\n" in arguments.add_ignore:
            raise CommandError("--add-ignore: the reason must be one line")
        return Ignoring(arguments.add_ignore)
    if settings[FIX] or arguments.fix_only or arguments.diff:
        return Fixing(settings[UNSAFE_FIXES])
    return None


def show_diff(outcome: Outcome) -> bool:
    """Write the changes as a unified diff, and failures on standard error; whether there are changes."""
    changed = [result for result in outcome.results if result.fixed]
    write("".join(diff(result.path, result.fixed) for result in changed if result.fixed))
    sys.stderr.write(render_failures(outcome.failures, RenderOptions()))
    print(_summary(changed, "Would change"), file=sys.stderr)
    return bool(changed)


def make_changes(outcome: Outcome, stdin: Stdin | None) -> Outcome:
    """Write what changed; what cannot be written is a failure. The file that came on stdin goes to stdout."""
    came_in = {target.path for target in outcome.targets if target.data is not None}
    results, failures = [], []
    for result in outcome.results:
        failure = _write(result, result.fixed) if result.fixed and result.path not in came_in else None
        results.append(replace(result, fixed=None) if failure else result)
        failures += [failure] if failure else []
    if stdin is not None:
        write(next((each.fixed.after for each in results if each.path in came_in and each.fixed), stdin.data))
    return replace(outcome, results=tuple(results)).with_failures(failures)


def _write(result: FileResult, fixed: Fixed) -> Failure | None:
    try:
        found = Path(result.path).read_bytes()
        if found == fixed.before:
            replace_file(result.path, fixed.after)
        if found in (fixed.before, fixed.after):  # a link to a file that was just written is done, too
            return None
        reason = "it was changed while devlint ran; run devlint again"
    except OSError as error:
        reason = error.strerror or type(error).__name__
    number = len(fixed.applied)
    changes = "1 change is" if number == 1 else f"{number} changes are"
    return Failure(FailureKind.UNWRITABLE, result.path, f"{changes} not written: {reason}")


def note_changes(results: Sequence[FileResult], change: Fixing | Ignoring, *, listed: bool) -> None:
    """Say on standard error what was done, file by file if `listed`."""
    changed = [result for result in results if result.fixed]
    if listed:
        for result in changed:
            print(f"{result.path}:", file=sys.stderr)
            for fix, number in Counter(result.fixed.applied if result.fixed else ()).items():
                print(f"  {number} x {fix.code} [{fix.name}] {fix.title}", file=sys.stderr)
    if changed:
        print(_summary(changed, "Fixed" if isinstance(change, Fixing) else "Ignored"), file=sys.stderr)


def _summary(changed: Sequence[FileResult], verb: str) -> str:
    number = sum(len(result.fixed.applied) for result in changed if result.fixed)
    return f"{verb} {number} problem{'s' * (number != 1)} in {len(changed)} file{'s' * (len(changed) != 1)}."
