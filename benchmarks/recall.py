"""How many real device bugs does devlint find? Scores it on bugs whose fixes are known.

CASES is a JSON lines file of real fixes and CLONES a folder of bare git clones (OWNER+NAME/repo); both, and the script
that scores, live outside this repository. Run it in an environment with devlint:

    python benchmarks/recall.py CASES --root CLONES --score SCORE.PY --strict

It measures, by running SCORE.PY (by default the `score.py` beside CASES) on the files before and after each fix:
`recall`, the share of the cases with a finding within a line of the bug; `fixed`, the share of these findings that the
maintainers' fix made go away; `noise`, findings per 1,000 lines of the fixed files. Then a line for each case that was
missed: id, category, path and lines, and the recorded reason. `--need` makes it exit 1 if a figure falls short.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

_FIGURES = re.compile(
    r"recall\s+(?P<recall>[\d.]+)%.*fixed\s+(?P<fixed>[\d.]+)%.*?noise:[^=]*= (?P<noise>[\d.]+)", re.DOTALL
)


def main() -> int:
    """Run it; the exit code."""
    arguments = _parser().parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder, "rows.jsonl")
        output = _score(arguments, rows)
        cases = [json.loads(line) for line in rows.read_text().splitlines()]
    print(output.strip(), end="\n\n")
    _list_missed([case for case in cases if not case["hit"]])
    figures = _FIGURES.search(output)
    if figures is None:
        raise SystemExit("the score script printed no figures")
    recall, fixed, noise = (float(figures[name]) for name in ("recall", "fixed", "noise"))
    print(f"\n{len(cases)} cases: recall {recall} %, fixed {fixed} %, noise {noise} per 1,000 lines")
    if arguments.need is None:
        return 0
    least_recall, least_fixed, most_noise = arguments.need
    return 0 if recall >= least_recall and fixed >= least_fixed and noise <= most_noise else 1


def _score(arguments: argparse.Namespace, rows: Path) -> str:
    script = arguments.score or arguments.cases.parent / "score.py"
    command = [sys.executable, str(script), str(arguments.cases), "--root", str(arguments.root)]
    command += ["--cmd", arguments.cmd, "--out", str(rows), *(["--strict"] if arguments.strict else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode or not rows.exists():
        raise SystemExit(f"the score script failed with exit code {done.returncode}")
    return done.stdout


def _list_missed(missed: list[dict[str, Any]]) -> None:
    print(f"missed: {len(missed)}")
    for case in sorted(missed, key=lambda case: (case["category"], case["id"])):
        lines = ",".join(map(str, case["places"]))
        near = " (a finding in the same function)" if case["near"] else ""
        print(f"  {case['id']}  {case['category']}  {case['path']}:{lines}  {case['reason']}{near}")
    by_category = Counter(case["category"] for case in missed)
    print("  by category:", ", ".join(f"{category} {number}" for category, number in by_category.most_common()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path, metavar="CASES", help="the cases, as JSON lines")
    parser.add_argument("--root", type=Path, required=True, metavar="CLONES", help="folder of bare clones")
    parser.add_argument("--score", type=Path, metavar="SCORE.PY", help="the script that scores (default: beside CASES)")
    parser.add_argument("--strict", action="store_true", help="only the sure cases, visible in one file")
    devlint = f"{sys.executable} -m devlint check --isolated --output-format json {{dir}}"
    parser.add_argument("--cmd", default=devlint, help="command to score on the folder {dir} (default: devlint check)")
    need = "exit 1 unless recall and fixed are at least these percentages and noise at most this, such as 50 85 2.5"
    parser.add_argument("--need", type=float, nargs=3, metavar=("RECALL", "FIXED", "NOISE"), help=need)
    return parser


if __name__ == "__main__":
    sys.exit(main())
