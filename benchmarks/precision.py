"""How many of devlint's findings are right? Draws a sample of findings in published wheels for a person to label.

Run it in an environment with devlint and pip; CACHE is a folder outside the repository for wheels and source excerpts:

    python benchmarks/precision.py timm==1.0.31 diffusers==0.42.1 transformers==5.23.0 accelerate==1.15.0 \\
        --cache CACHE --count 80 --seed 1 --labels tests/quality/labels.tsv --sheet tests/quality/labels.tsv

It unpacks the wheels, runs `devlint check --isolated` with the default rules, counts the findings by rule and by
package, and writes the sampled ones to the sheet, a TSV file: facts and labels only, no code. The code around each
sampled finding and its related places goes to CACHE/excerpts-devlint.md, which is not to be committed. Labels already
given in --labels are carried over. Write `right`, `wrong` or `unsure` (counts as wrong) and a reason in your own words,
and run it again: it prints the precision of each rule and of all, with a 95 % Wilson interval.

The sample is the findings with the smallest hashes of seed and place. So it is the same on every machine, and most of
it stays when a rule is changed: labels are not lost. Labels of findings that are no longer reported count as gone.

With --pedantic, it is what only `devlint check --pedantic` finds that is counted and sampled.

Without packages it only prints the precision from the labels:

    python benchmarks/precision.py --labels tests/quality/labels.tsv

Another linter is counted and sampled in the same way by its command, which prints `path:line:column: CODE message`:

    ... --tool torchfix --cmd "TORCHFIX_ENV/bin/torchfix --select ALL ." --sheet tests/quality/labels-torchfix.tsv
    ... --tool dslinter --cmd "DSLINTER_ENV/bin/pylint --load-plugins=dslinter --disable=all --enable=RULES
            --msg-template='{path}:{line}:{column}: {msg_id} {msg}' {package}"

The command runs in each wheel's folder; `{package}` stands for the name of the package.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import labels
from labels import Row

from devlint.dev import wheels

_LINE = re.compile(r"^(?P<path>[^\s:][^:]*\.py):(?P<line>\d+):\d+:? (?P<code>[A-Z]+\d+):? (?P<message>.*)$")
_USAGE_ERROR = 32
"""Of pylint's exit codes the smallest that means a failure; other linters that found something exit with less."""

_AROUND = 14
"""How many lines before and after a place an excerpt shows."""


@dataclass(frozen=True, slots=True)
class Found:
    """A finding, the file that it is in, and the lines of its related places with their notes."""

    row: Row
    file: Path
    related: tuple[tuple[int, str], ...] = ()
    tip: str = ""


def main() -> int:
    """Run it; the exit code."""
    arguments = _parser().parse_args()
    known = [row for path in arguments.labels for row in labels.read(path)] if arguments.labels else []
    if not arguments.packages:
        labels.print_precision(known)
        return 0
    if not arguments.cache:
        raise SystemExit("--cache FOLDER is needed with packages")
    arguments.cache.mkdir(parents=True, exist_ok=True)
    try:
        packages = [wheels.unpack(requirement, arguments.cache) for requirement in arguments.packages]
    except wheels.WheelError as error:
        raise SystemExit(str(error)) from None
    found = [each for package in packages for each in _run(package, arguments)]
    _print_counts(found, packages)
    sample = _sample(found, arguments.count, arguments.seed)
    rows = labels.merge((each.row for each in sample), known)
    if arguments.sheet:
        labels.write(arguments.sheet, rows)
        excerpts = arguments.cache / f"excerpts-{arguments.tool}.md"
        excerpts.write_text("\n".join(_excerpt(each, row.label) for each, row in zip(sample, rows, strict=True)))
        print(f"\n{len(rows)} sampled findings in {arguments.sheet}, their surroundings in {excerpts}")
    print(f"\nThe sample of {len(rows)} (seed {arguments.seed}):\n")
    labels.print_precision(rows)
    _print_gone(known, found)
    return 0


def _run(package: wheels.Package, arguments: argparse.Namespace) -> Iterator[Found]:
    """The findings in a package, each place once: a rule that says the same line twice is one decision of a reader."""
    by_default = _checked(package, arguments)
    if not arguments.pedantic:
        yield from (by_default[key] for key in sorted(by_default))
        return
    asked_for = _checked(package, arguments, "--pedantic")
    yield from (asked_for[key] for key in sorted(asked_for.keys() - by_default.keys()))


def _checked(package: wheels.Package, arguments: argparse.Namespace, *options: str) -> dict[tuple[object, ...], Found]:
    """The findings in a package by their places."""
    ours = [sys.executable, "-m", "devlint", "check", "--isolated", *options, "--output-format", "jsonl", "."]
    command = shlex.split(arguments.cmd.replace("{package}", package.name)) if arguments.cmd else ours
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=package.folder, capture_output=True, text=True, check=False)
    said = f"{package.name}: {arguments.tool} exits {done.returncode} after {time.perf_counter() - begin:.0f} s"
    print(f"{said} {done.stderr.strip()[-600:]}".rstrip(), file=sys.stderr)
    if done.returncode < 0 or done.returncode >= _USAGE_ERROR or (done.returncode and not done.stdout):
        raise SystemExit(f"{arguments.tool} failed")
    parse = _parse_text if arguments.cmd else _parse_jsonl
    return {found.row.key: found for found in parse(done.stdout, package)}


def _parse_jsonl(output: str, package: wheels.Package) -> Iterator[Found]:
    for line in output.splitlines():
        each = json.loads(line)
        row = Row(package.name, package.version, each["path"], each["line"], each["code"], each["message"])
        related = tuple((place["line"], place["note"]) for place in each["related"])
        yield Found(row, package.folder / each["path"], related, each["tip"] or "")


def _parse_text(output: str, package: wheels.Package) -> Iterator[Found]:
    for match in filter(None, map(_LINE.match, output.splitlines())):
        path = match["path"].removeprefix("./")
        row = Row(package.name, package.version, path, int(match["line"]), match["code"], match["message"])
        yield Found(row, package.folder / path)


def _sample(found: Iterable[Found], count: int, seed: int) -> list[Found]:
    def rank(each: Found) -> bytes:
        return hashlib.sha256(repr((seed, *each.row.key)).encode()).digest()

    chosen = sorted(found, key=rank)[:count]
    return sorted(chosen, key=lambda each: each.row.key)


def _excerpt(found: Found, label: str) -> str:
    row = found.row
    lines = found.file.read_text(encoding="utf-8", errors="replace").split("\n")
    notes = collections.defaultdict(list, {row.line: [f"<== {row.code} {row.message}"]})
    for line, note in found.related:
        notes[line].append(f"<-- {note}")
    parts = [f"## {row.package} {row.path}:{row.line} {row.code} {label}\n\n{row.message}\n\n{found.tip}\n\n```"]
    near = {number for line in notes for number in range(line - _AROUND, line + _AROUND + 1)}
    shown = sorted(number for number in near if 1 <= number <= len(lines))
    for number, before in zip(shown, [0, *shown], strict=False):
        gap = ["      ..."] if number != before + 1 else []
        parts += [*gap, f"{number:5} {lines[number - 1]}" + "".join(f"   {note}" for note in notes.get(number, ()))]
    return "\n".join([*parts, "```\n"])


def _print_counts(found: list[Found], packages: list[wheels.Package]) -> None:
    counts = collections.Counter((each.row.code, each.row.package) for each in found)
    names = [package.name for package in packages]
    print(f"| rule | {' | '.join(names)} | all |\n|---|{'---|' * (len(names) + 1)}")
    for code in sorted({code for code, _ in counts}):
        row = [counts[code, name] for name in names]
        print(f"| {code} | {' | '.join(map(str, row))} | {sum(row)} |")
    totals = [sum(each.row.package == name for each in found) for name in names]
    print(f"| all | {' | '.join(map(str, totals))} | {sum(totals)} |")


def _print_gone(known: Iterable[Row], found: Iterable[Found]) -> None:
    there = {each.row.key for each in found}
    gone = collections.Counter(row.label for row in known if row.label and row.key not in there)
    if gone:
        counts = ", ".join(f"{number} {label}" for label, number in sorted(gone.items()))
        print(f"\nlabelled but no longer reported: {counts}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", metavar="NAME==VERSION", help="wheels to check")
    parser.add_argument("--cache", type=Path, help="folder for wheels, their contents, and the excerpts")
    parser.add_argument("--count", type=int, default=80, help="how many findings to sample (default: 80)")
    parser.add_argument("--seed", type=int, default=1, help="another seed draws another sample (default: 1)")
    parser.add_argument("--labels", type=Path, action="append", help="sheet with labels to carry over; may be repeated")
    parser.add_argument("--sheet", type=Path, help="write the labelling sheet here (may be the file of --labels)")
    parser.add_argument("--tool", default="devlint", help="name of the tool, for the excerpts' file (default: devlint)")
    parser.add_argument("--pedantic", action="store_true", help="sample what only `devlint check --pedantic` finds")
    parser.add_argument("--cmd", help="command of another tool, run inside each package's folder")
    return parser


if __name__ == "__main__":
    sys.exit(main())
