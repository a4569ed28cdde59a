"""How often does devlint repair a known bug as its maintainers did?

    python benchmarks/repairs.py CASES FOLDER [--labels tests/quality/repairs.tsv]

CASES is a JSON lines file of real fixes, and FOLDER holds the files before and after each (before/ID/PATH and
after/ID/PATH); both live outside this repository. Every file is fixed in memory, unsafe fixes with it. A case counts
as repaired if a change touches a line next to the bug. It is `equal` if all code that the change puts there is in what
the maintainers put in, apart from blanks, line breaks, quotes, comments and trailing commas. A person judges the
others in --labels (case, verdict, reason): `equivalent` (the bug is mended, if in other words), `part` (in some of the
places), `different` (mended, with other effects) or `wrong`; those without a verdict are printed with both repairs.
"""

from __future__ import annotations

import argparse
import csv
import functools
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from common import each_in_workers, lint_settings

from devlint.lint import check_source, fix_source


@dataclass(frozen=True)
class Repair:
    """The lines that devlint puts in near a bug, and those that the maintainers did; `found`: there is a finding."""

    found: bool
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    is_equal: bool


def repair(case: dict[str, Any], folder: Path) -> Repair | None:
    """What becomes of one case; None if its files are not there."""
    before, after = (folder / side / case["id"] / case["path"] for side in ("before", "after"))
    if not before.exists() or not after.exists():
        return None
    wanted = {line + shift for line in [*case["lines"], *(case.get("also") or ())] for shift in (-1, 0, 1)}
    data = before.read_bytes()
    settings = lint_settings(pedantic=True)
    result = fix_source(data, case["path"], settings, unsafe=True)
    fixed = result.fixed.after if result.fixed else data
    ours = [line for at, line in new_lines(data, fixed) if at in wanted]
    theirs = list(new_lines(data, after.read_bytes()))
    known = "".join(plain(line) for _, line in theirs)
    near = [line for at, line in theirs if at in wanted]
    is_equal = bool(ours) and all(plain(line) in known for line in ours)
    found = any(each.location.span.line in wanted for each in check_source(data, case["path"], settings).findings)
    return Repair(found, tuple(ours), tuple(near), is_equal)


def new_lines(before: bytes, after: bytes) -> Iterator[tuple[int, str]]:
    """Each line that was put in, with the old line (from 1) that it replaces or stands before."""
    old, new = (data.decode("utf-8", "replace").splitlines() for data in (before, after))
    for tag, first, last, begin, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from (
                (min(first + number, max(last - 1, first)) + 1, new[at]) for number, at in enumerate(range(begin, end))
            )


def plain(line: str) -> str:
    """A line without what makes no difference."""
    code = re.sub(r"\s#.*", "", line)
    code = re.sub(r'torch\.device\(("[^"]*")\)', r"\1", re.sub(r"\s+", "", code).replace("'", '"'))
    return re.sub(r",(?=[)\]}])", "", code)


def main() -> int:
    """Parse the arguments and print the list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path, metavar="CASES")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--labels", type=Path, help="what a person says of repairs that are not equal")
    parser.add_argument("--jobs", type=int, default=2, help="processes [2]")
    options = parser.parse_args()
    cases = {case["id"]: case for case in map(json.loads, options.cases.read_text().splitlines())}
    labels = read_labels(options.labels) if options.labels else {}
    work = functools.partial(_by_case, folder=options.folder)
    counts: Counter[str] = Counter()
    done = sorted(
        (case["id"], made)
        for case, made, _ in each_in_workers(work, cases.values(), jobs=options.jobs, limit=300)
        if isinstance(made, Repair)
    )
    for name, made in done:
        if made.ours:
            verdict = "equal" if made.is_equal else labels.get(name, "not judged")
            counts[verdict] += 1
            _show(cases[name], made, verdict)
    found, repaired = sum(made.found for _, made in done), sum(bool(made.ours) for _, made in done)
    print(f"{len(done)} cases, {found} with a finding next to the bug, {repaired} of them repaired: {dict(counts)}")
    return 0


def read_labels(path: Path) -> dict[str, str]:
    """Case -> verdict."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["case"]: row["verdict"] for row in csv.DictReader(file, delimiter="\t")}


def _by_case(case: dict[str, Any], folder: Path) -> Repair | None:
    return repair(case, folder)


def _show(case: dict[str, Any], made: Repair, verdict: str) -> None:
    print(f"{verdict}\t{case['id']}\t{case['category']}\t{case['path']}:{min(case['lines'])}")
    if verdict == "not judged":
        print("".join(f"    ours    {line.strip()}\n" for line in made.ours), end="")
        print("".join(f"    theirs  {line.strip()}\n" for line in made.theirs), end="")


if __name__ == "__main__":
    sys.exit(main())
