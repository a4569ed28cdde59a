"""Is devlint's screen sound? It blanks out what cannot hold a finding; that must not change what is found.

Run it in an environment with devlint, over folders with much PyTorch code:

    python benchmarks/screen.py UNPACKED_WHEEL...

It measures: every .py file is checked twice with all rules (`--default-rules`: without the pedantic ones), with the
screen on and off, and the findings are compared whole: place, code, message, related places, tip. Failures are
compared too, apart from their tracebacks. Differences are listed (`-` with the screen only, `+` without it only), and
so are files that took too long or broke; exit 1 if there was either. The times of both sides are printed, too: what the
screen saves.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from common import Lost, each_in_workers, lint_settings, python_files

from devlint.findings import FileResult
from devlint.lint import check_source


@dataclass(frozen=True, slots=True)
class Compare:
    """The work on one file, as it goes to a worker process."""

    pedantic: bool

    def __call__(self, path: Path) -> tuple[set[str], set[str], float, float]:
        """Lines for what is reported with and without the screen, and the seconds each took."""
        data = path.read_bytes()
        sides, seconds = [], []
        for screen in (True, False):
            begin = time.perf_counter()
            result = check_source(data, str(path), lint_settings(pedantic=self.pedantic, screen=screen))
            seconds.append(time.perf_counter() - begin)
            sides.append(set(_lines(result)))
        return sides[0], sides[1], seconds[0], seconds[1]


def _lines(result: FileResult) -> list[str]:
    lines = []
    for finding in result.findings:
        story = "".join(f"\n      {related.location.span}: {related.note}" for related in finding.related)
        tip = f"\n      tip: {finding.tip}" if finding.tip else ""
        lines.append(f"{finding.location} {finding.code} {finding.message}{story}{tip}")
    lines += [f"{failure.location or failure.path}: {failure.kind}: {failure.message}" for failure in result.failures]
    return lines


def main() -> int:
    """Run it; the exit code."""
    arguments = _parser().parse_args()
    files = python_files(arguments.folders)
    with_screen = without = 0.0
    common, different, lost = 0, [], []
    runs = each_in_workers(Compare(not arguments.default_rules), files, jobs=arguments.jobs, limit=arguments.limit)
    for path, result, _ in runs:
        if isinstance(result, Lost):
            lost.append(path)
            print(f"lost: {path}: {result.reason}", flush=True)
            continue
        on, off, seconds_on, seconds_off = result
        with_screen += seconds_on
        without += seconds_off
        common += len(on & off)
        if on != off:
            different.append(path)
            lines = [*(f"- {line}" for line in sorted(on - off)), *(f"+ {line}" for line in sorted(off - on))]
            print(*lines, sep="\n", flush=True)
    print(f"{len(files)} files, {common} reports the same, {len(different)} files different, {len(lost)} lost")
    print(f"{with_screen:.1f} s with the screen, {without:.1f} s without")
    return 1 if different or lost else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="FOLDER", help="folders, or files, to check")
    parser.add_argument("--default-rules", action="store_true", help="leave the pedantic rules out")
    parser.add_argument("--jobs", type=int, default=1, help="worker processes (default: 1)")
    parser.add_argument("--limit", type=float, default=120, help="seconds for one file (default: 120)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
