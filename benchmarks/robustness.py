"""Does devlint ever crash or hang? Checks every .py file below folders with all rules, the pedantic ones included.

Run it in an environment with devlint:

    python benchmarks/robustness.py SITE_PACKAGES PYTHON_LIB
    python benchmarks/robustness.py --no-screen SOME_FOLDER      # every file goes through the whole analysis
    python benchmarks/robustness.py --torture                    # made-up hostile files: deep nesting, 5 MB, odd bytes

It measures, and lists file by file: internal errors, crashed rules, time-outs, dead processes, files that were given up
as too deeply nested, files that devlint calls broken although the running CPython parses them, and slow files. Files
that CPython cannot parse either are only counted. Exit 1 if there was an internal error, a crash, a time-out, a dead
process or a wrongly refused file.
"""

from __future__ import annotations

import argparse
import ast
import collections
import json
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torture
from common import Lost, each_in_workers, lint_settings, python_files

from devlint.findings import FailureKind
from devlint.run.target import Target
from devlint.run.worker import Projects, check_target

_PROJECTS = Projects()
"""Of each worker process: what it knows of the files around those that it checks."""
_BAD = ("internal-error", "rule-crash", "timeout", "died", "refused")
_QUIET = ("syntax-error", "unreadable-file")
_GRACE = 10.0
"""A worker that does not obey its own time limit is killed this many seconds later."""


@dataclass(frozen=True, slots=True)
class Check:
    """The work on one file, as it goes to a worker process."""

    screen: bool
    limit: float

    def __call__(self, path: Path) -> tuple[int, list[tuple[str, str, str]]]:
        """The number of findings, and (kind, message, traceback) of what went wrong."""
        target = Target(str(path), lint_settings(pedantic=True, screen=self.screen))
        result = check_target(target, self.limit, _PROJECTS)
        troubles = [(str(each.kind), each.message, each.detail or "") for each in result.failures]
        if any(each.kind in (FailureKind.SYNTAX, FailureKind.UNREADABLE) for each in result.failures) and _parses(path):
            troubles.append(("refused", "CPython parses this file: " + troubles[0][1], ""))
        return len(result.findings), troubles


def _parses(path: Path) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):
        return False
    return True


def main() -> int:
    """Run it; the exit code."""
    arguments = _parser().parse_args()
    files = list(_shown(python_files(arguments.folders)))
    with tempfile.TemporaryDirectory(prefix="devlint-torture-") as folder:
        if arguments.torture:
            files += torture.write(Path(folder))
        if not files:
            raise SystemExit("nothing to check: name a folder with .py files, or --torture")
        return _report(files, arguments)


def _shown(files: list[Path]) -> Iterator[Path]:
    """Without byte-code folders and the like: only what is there to be read."""
    return (path for path in files if "__pycache__" not in path.parts)


def _report(files: list[Path], arguments: argparse.Namespace) -> int:
    begin = time.perf_counter()
    counts: collections.Counter[str] = collections.Counter()
    findings, slow, entries = 0, [], []
    work = Check(not arguments.no_screen, arguments.limit)
    runs = each_in_workers(work, files, jobs=arguments.jobs, limit=arguments.limit + _GRACE)
    for path, result, seconds in runs:
        number, troubles = (0, [("died", result.reason, "")]) if isinstance(result, Lost) else result
        findings += number
        counts.update({kind for kind, _, _ in troubles})
        if seconds > arguments.slow:
            slow.append((seconds, path))
        for kind, message, trace in troubles:
            entries.append({"path": str(path), "kind": kind, "message": message, "trace": trace})
            if kind not in _QUIET or arguments.verbose:
                print(f"{kind}: {path}: {message}", *trace.splitlines(), sep="\n    ", flush=True)
    for seconds, path in sorted(slow, reverse=True):
        print(f"slow: {path}: {seconds:.1f} s")
    if arguments.out:
        arguments.out.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    print(f"{len(files)} files in {time.perf_counter() - begin:.0f} s, {findings} findings, {len(slow)} slow files")
    print(*(f"{counts[kind]} {kind}" for kind in (*_BAD, *sorted({*_QUIET, *counts} - {*_BAD}))), sep=", ")
    return 1 if any(counts[kind] for kind in _BAD) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", metavar="FOLDER", help="folders, or files, to check")
    parser.add_argument("--no-screen", action="store_true", help="analyse also what cannot hold a finding")
    parser.add_argument("--torture", action="store_true", help="check made-up hostile files too")
    parser.add_argument("--jobs", type=int, default=1, help="worker processes (default: 1)")
    parser.add_argument("--limit", type=float, default=60, help="seconds for one file (default: 60)")
    parser.add_argument("--slow", type=float, default=5, help="list files that take longer, in seconds (default: 5)")
    parser.add_argument("--out", type=Path, help="write all that went wrong here, as JSON lines")
    parser.add_argument("--verbose", action="store_true", help="list files too that CPython refuses as well")
    return parser


if __name__ == "__main__":
    sys.exit(main())
