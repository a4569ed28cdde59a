"""The mutants of benchmarks/rehearse_mutants.py: labels that fit the scripts, and a judge that can say no."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def bench() -> Any:
    """The script, as a module."""
    sys.path.insert(0, str(BENCHMARKS))
    yield importlib.import_module("rehearse_mutants")
    sys.path.remove(str(BENCHMARKS))


def test_every_mutant_of_our_scripts_has_a_label_and_every_label_a_mutant(bench: ModuleType) -> None:
    options = bench._options([])
    scripts = [
        each for each in [*bench.SCRIPTS, *bench.EXTRA] if not each.repository and each.name not in bench.SKIPPED
    ]
    made = [mutant.key for script in scripts for mutant in bench.mutants(script, options)]
    assert len(made) == len(set(made))
    names = {script.name for script in scripts}
    assert set(made) == {key for key in bench.labels() if key[0] in names}


def test_labels_name_lines_that_are_there(bench: ModuleType) -> None:
    files = {script.name: bench.FIXTURES / script.command.split()[0] for script in [*bench.SCRIPTS, *bench.EXTRA]}
    for (name, *_), label in bench.labels().items():
        if files[name].is_file():
            lines = {line.strip() for line in files[name].read_text(encoding="utf-8").splitlines()}
            assert set(label.lines) <= {*lines, "<the changed line>"}, (name, label)
    assert sum(bool(label.lines) for label in bench.labels().values()) >= 60


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        ([("XDR101", "y = x + 1", 2)], "found"),
        ([("XDR101", "y = x + 1", 2), ("XDR101", "z = y", 3)], "found, and more"),
        ([("XDR101", "y = x + 1", 2), ("XDR102", "y = x + 1", 2)], "twice at a line"),
        ([("XDR101", "z = y", 3)], "other line"),
        ([], "missed"),
    ],
)
def test_judge(bench: ModuleType, findings: list[tuple[str, str, int]], verdict: str) -> None:
    mutant = bench.Mutant(bench.SCRIPTS[0], "a.py", "dropped_move", "x = x.cuda()", 1, b"x = x\ny = x + 1\nz = y\n")
    result = bench.Result(tuple(findings), "")
    assert bench.judge(mutant, bench.Label(("y = x + 1",), ""), result) == verdict
    assert bench.judge(mutant, bench.Label((), ""), result) == ("false finding" if findings else "clean")
