"""What the fixes do to real code: does it still compile, does a second run change nothing, is nothing new found.

    python benchmarks/fixes.py FOLDER ... [--unsafe] [--pedantic]

Every file of the folders is fixed in memory, so that nothing is written. Exits with 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import functools
import sys
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from common import Lost, each_in_workers, lint_settings, python_files

from devlint.lint import check_source, fix_source
from devlint.source import Document, SourceError


@dataclass(frozen=True)
class Verdict:
    """What came of one file: its findings before and after by rule, the fixes made, and what went wrong."""

    found: Counter[str]
    left: Counter[str]
    fixed: Counter[str]
    faults: tuple[str, ...]


def judge(path: Path, *, unsafe: bool, pedantic: bool) -> Verdict:
    """Fix a file in memory, twice."""
    settings = lint_settings(pedantic=pedantic)
    data = path.read_bytes()
    result = fix_source(data, str(path), settings, unsafe=unsafe)
    left = Counter(finding.code for finding in result.findings)
    if result.fixed is None:
        return Verdict(left, left, Counter(), ())
    found = Counter(finding.code for finding in check_source(data, str(path), settings).findings)
    again = fix_source(result.fixed.after, str(path), settings, unsafe=unsafe)
    faults = []
    if compiles(data, path) and not compiles(result.fixed.after, path):
        faults.append("does not compile any more")
    if again.fixed is not None:
        faults.append("a second run changes it again")
    if left - found:
        faults.append(f"new findings: {dict(left - found)}")
    return Verdict(found, left, Counter(each.code for each in result.fixed.applied), tuple(faults))


def compiles(data: bytes, path: Path) -> bool:
    """Whether Python takes it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(Document.read(data, str(path)).text, str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, SourceError):
        return False
    return True


def over_folders(options: argparse.Namespace) -> int:
    """The figures for folders of code."""
    work = functools.partial(judge, unsafe=options.unsafe, pedantic=options.pedantic)
    found, left, fixed, changed, faults, files = Counter[str](), Counter[str](), Counter[str](), 0, 0, 0
    for path, verdict, _ in each_in_workers(work, python_files(options.paths), jobs=options.jobs, limit=300):
        files += 1
        if isinstance(verdict, Lost):
            faults += 1
            print(f"{path}: {verdict.reason}")
            continue
        found, left, fixed = found + verdict.found, left + verdict.left, fixed + verdict.fixed
        changed += bool(verdict.fixed)
        faults += len(verdict.faults)
        for fault in verdict.faults:
            print(f"{path}: {fault}")
    print(f"{'rule':8} {'found':>6} {'fixed':>6} {'left':>6}")
    for code in sorted(found):
        print(f"{code:8} {found[code]:6} {fixed[code]:6} {left[code]:6}")
    kind = "with unsafe fixes" if options.unsafe else "safe fixes only"
    print(f"{files} files, {kind}: {found.total()} findings, {fixed.total()} fixed in {changed} files, {faults} faults")
    return 1 if faults else 0


def main() -> int:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", help="files and folders")
    parser.add_argument("--unsafe", action="store_true", help="make unsafe fixes, too")
    parser.add_argument("--pedantic", action="store_true", help="run all rules")
    parser.add_argument("--jobs", type=int, default=2, help="processes [2]")
    return over_folders(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
