"""Do the tests of a package still pass once devlint has repaired it?

    python benchmarks/suites.py PACKAGE --tests TREE --python PYTHON --work WORK [--unsafe] [--pedantic] [--strip]
        [--extra PATH ...] [-- ARGUMENTS OF PYTEST]

PACKAGE is the folder of the package (from its wheel), TREE a checkout of its repository, of which `tests` and --extra
are taken, and PYTHON an interpreter with pytest, pytest-timeout and what the package needs. All of it is copied to
WORK/before and WORK/after, the latter is fixed, and the tests run in both, without a network. A test that passes
before and not after is run once more in both, so that tests of chance do not count. Exits with 1 if one is broken.

--strip takes every `device=` out of calls such as `torch.zeros(...)` first, so that there is something to repair in
code that has no bugs, and says how many of them came back word for word.
"""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

CONFTEST = '''\
"""torchvision's Python part imports without its compiled part once the names of its operators are there."""

import importlib.util

import torch

NAMES = (
    "nms qnms roi_align roi_pool ps_roi_align ps_roi_pool deform_conv2d _roi_align_backward _roi_pool_backward "
    "_ps_roi_align_backward _ps_roi_pool_backward _deform_conv2d_backward _cuda_version"
)
if importlib.util.find_spec("torchvision") and not hasattr(torch.ops.torchvision, "nms"):
    declared = torch.library.Library("torchvision", "DEF")
    for name in NAMES.split():
        declared.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
'''
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
}
Outcomes = dict[str, str]


def lay_out(options: argparse.Namespace, folder: Path) -> Path:
    """Copy the package, its tests and what belongs to them; the package's copy."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    package = folder / options.package.name
    shutil.copytree(options.package, package, ignore=shutil.ignore_patterns("__pycache__"))
    for record in options.package.parent.glob(f"{options.package.name}-*.dist-info"):  # others ask for its version
        shutil.copytree(record, folder / record.name)
    for name in ("tests", "pyproject.toml", "setup.cfg", "pytest.ini", *options.extra):
        source, target = options.tests / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target)
        elif source.exists():
            shutil.copy(source, target)
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    return package


# --------------------------------------------------------------------------------------------------- taking devices out


def strip(package: Path) -> list[tuple[Path, int, str]]:
    """Take `device=` out of calls of torch's functions; the file, the line and the text of each."""
    taken = []
    for path in sorted(package.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        spans = list(_devices(text))
        data = text.encode()
        for start, end, line in sorted(spans, reverse=True):
            taken.append((path, line, data[start:end].decode().strip(", \n")))
            data = data[:start] + data[end:]
        if spans:
            path.write_bytes(data)
    return taken


def _devices(text: str) -> Iterator[tuple[int, int, int]]:
    """Offsets in bytes of each such keyword with the comma before it, and its line. Only those on one line."""
    starts = [0]
    for line in text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in ast.walk(ast.parse(text)):
        if not (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and ast.unparse(node.func.value) == "torch"
        ):
            continue
        before: ast.expr | None = None
        for argument in (*node.args, *node.keywords):
            value = argument.value if isinstance(argument, ast.keyword) else argument
            is_device = isinstance(argument, ast.keyword) and argument.arg == "device"
            if is_device and before is not None and before.end_lineno == value.end_lineno:
                yield (
                    starts[before.end_lineno - 1] + before.end_col_offset,
                    starts[value.end_lineno - 1] + value.end_col_offset,
                    value.end_lineno,
                )
            before = value


# --------------------------------------------------------------------------------------------------------- fix and test


def fix(package: Path, options: argparse.Namespace) -> None:
    """Let devlint repair the copy."""
    flags = ["--unsafe-fixes"] if options.unsafe else []
    flags += ["--pedantic"] if options.pedantic else []
    command = [sys.executable, "-m", "devlint", "check", "--isolated", "--fix", "--fix-only", *flags, str(package)]
    if subprocess.run(command, check=False).returncode == 2:
        raise SystemExit("devlint could not fix the package")


def changed_lines(before: Path, after: Path) -> Counter[str]:
    """Lines that are new in each file that differs."""
    counts: Counter[str] = Counter()
    for path in sorted(after.rglob("*.py")):
        old, new = ((root / path.relative_to(after)).read_bytes().splitlines() for root in (before, after))
        counts[path.relative_to(after).as_posix()] = (Counter(new) - Counter(old)).total()
    return +counts


def outcomes(folder: Path, options: argparse.Namespace, tests: Sequence[str] = ()) -> Outcomes:
    """What pytest says of each test, by its name; `tests` are names of earlier outcomes, to be run alone."""
    report = folder / "report.xml"
    report.unlink(missing_ok=True)
    arguments = [f"--junitxml={report}", "-p", "no:cacheprovider", "-p", "no:randomly", "-q", "--timeout=300"]
    arguments += ["--continue-on-collection-errors"]
    environment = {**os.environ, **OFFLINE, "PYTHONPATH": str(folder), "HF_HOME": str(options.work / "hf")}
    command = [str(options.python), "-m", "pytest", *arguments, *(tests or options.arguments or ["tests"])]
    log = folder / "pytest.log"
    with log.open("w") as file:
        subprocess.run(command, cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT, check=False)
    if not report.exists():
        raise SystemExit(f"pytest did not end: see {log}")
    return dict(_cases(report))


def _cases(report: Path) -> Iterator[tuple[str, str]]:
    for case in ET.parse(report).iter("testcase"):
        kinds = {child.tag for child in case} & {"failure", "error", "skipped"}
        yield f"{case.get('classname')}::{case.get('name')}", kinds.pop() if kinds else "passed"


def broken(before: Outcomes, after: Outcomes) -> list[str]:
    """Tests that passed and do not any more."""
    return sorted(test for test, outcome in before.items() if outcome == "passed" and after.get(test) != "passed")


def node_id(test: str, folder: Path) -> str:
    """pytest's name of a test: `tests.test_a.TestB::test_c` of a report is `tests/test_a.py::TestB::test_c`."""
    dotted, _, name = test.partition("::")
    words = dotted.split(".")
    for end in range(len(words), 0, -1):
        path = folder.joinpath(*words[:end]).with_suffix(".py")
        if path.exists():
            return "::".join([path.relative_to(folder).as_posix(), *words[end:], name])
    return test


def main() -> int:
    """Parse the arguments, run, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path)
    parser.add_argument("--tests", type=Path, required=True, metavar="TREE")
    parser.add_argument("--python", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--extra", action="append", default=[], metavar="PATH", help="of TREE, what tests need")
    parser.add_argument("--unsafe", action="store_true", help="make unsafe fixes, too")
    parser.add_argument("--pedantic", action="store_true", help="run all rules")
    parser.add_argument("--strip", action="store_true", help="take devices out first")
    given = sys.argv[1:]
    cut = given.index("--") if "--" in given else len(given)
    options = parser.parse_args(given[:cut])
    options.arguments = given[cut + 1 :]
    options.work = options.work.resolve()
    before, after = options.work / "before", options.work / "after"
    original, repaired = lay_out(options, before), lay_out(options, after)
    if options.strip:
        taken = strip(repaired)
        print(f"{len(taken)} devices taken out")
    fix(repaired, options)
    changes = changed_lines(original, repaired)
    print(f"{changes.total()} lines of {len(changes)} files are other than before", flush=True)
    if options.strip:
        back = sum(line_of(original / path.relative_to(repaired), line) in lines_of(path) for path, line, _ in taken)
        print(f"{back} of {len(taken)} lines came back word for word", flush=True)
    return compare(options, before, after)


def compare(options: argparse.Namespace, before: Path, after: Path) -> int:
    """Run the tests in both, say what became of them, and return the exit code."""
    old, new = outcomes(before, options), outcomes(after, options)
    if "passed" not in old.values():
        raise SystemExit(f"no test passes before: see {before / 'pytest.log'}")
    suspects = broken(old, new)
    if suspects:
        names = [node_id(test, before) for test in suspects]
        old, new = old | outcomes(before, options, names), new | outcomes(after, options, names)
    lost = broken(old, new)
    print(f"before: {dict(Counter(old.values()))}; after: {dict(Counter(new.values()))}; broken: {len(lost)}")
    for test in lost:
        print(f"  {test}: {new.get(test, 'not there')}")
    return 1 if lost else 0


def line_of(path: Path, line: int) -> str:
    """A line of a file, without blanks around it."""
    return path.read_text(encoding="utf-8").splitlines()[line - 1].strip()


def lines_of(path: Path) -> set[str]:
    """All lines of a file, without blanks around them."""
    return {line.strip() for line in path.read_text(encoding="utf-8").splitlines()}


if __name__ == "__main__":
    sys.exit(main())
