"""All checks over all recorded machines and a few plans: nothing crashes, and every problem is expected.

`problems.txt` is the summary; it was read for false alarms: a sane machine with a sane plan has none. `UPDATE_GOLDEN=1`
writes it anew; read the difference.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from devlint.doctor.checks.base import Case
from devlint.doctor.checks.judge import judge
from devlint.doctor.facts.files import load
from devlint.doctor.plan import LaunchPlan, Setting, Source
from devlint.findings import Location, Span
from tests.doctor.checks.support import MACHINES

GOLDEN = Path(__file__).with_name("problems.txt")
REAL_CONFIGS = Path(__file__).parents[1] / "config" / "real_configs.toml"
SETTINGS = {field.name for field in fields(LaunchPlan)} - {"sources", "environment", "other", "unknown"}
PATHS = sorted(MACHINES.glob("*.json"))
PLANS: dict[str, dict[str, Any]] = {
    "none": {},
    "one GPU": {"device_type": "cuda", "micro_batch": 8, "workers": 2, "precision": "fp32", "pin_memory": True},
    "CPU": {"device_type": "cpu", "workers": 2, "precision": "fp32"},
    "small GPT-2": {
        "device_type": "cuda",
        "parameters": 124_000_000,
        "micro_batch": 1,
        "sequence_length": 512,
        "precision": "fp16-mixed",
        "workers": 2,
    },
    "too much": {
        "device_type": "cuda",
        "launcher": "torchrun",
        "procs_per_node": 8,
        "bf16": True,
        "tf32": True,
        "compile": True,
        "attention": "flash_attention_2",
        "workers": 16,
        "parameters": 7_000_000_000,
        "micro_batch": 8,
        "sequence_length": 4096,
    },
}
SANE = ("cpu-laptop", "rtx-2060-super", "rtx-3060-laptop", "rtx-4090-x2", "gtx-1660", "h100-x8", "t4-cloud", "mi250")
SANE_PLANS = {"cpu-laptop": ("none", "CPU"), "gtx-1660": ("none", "one GPU")}


def plan(name: str) -> LaunchPlan:
    """A plan whose settings stand in the lines of job.yaml."""
    settings = {
        key: Setting(value, key, Location("job.yaml", Span(line, 1, line, 9)))
        for line, (key, value) in enumerate(PLANS[name].items(), 1)
    }
    return LaunchPlan(**settings)


def problems(path: Path, name: str) -> list[str]:
    """The names of what is reported, with severities."""
    judgements, failures = judge(Case(load(path), plan(name)))
    assert not failures, failures
    return [
        f"{judgement.meta.name} ({problem.severity or judgement.meta.severity})"
        for judgement in judgements
        for problem in judgement.problems
    ]


def test_problems_are_the_expected_ones() -> None:
    lines = [f"{path.stem} / {name}: {', '.join(problems(path, name)) or '-'}\n" for path in PATHS for name in PLANS]
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text("".join(lines), encoding="utf-8")
    assert "".join(lines) == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("machine", SANE)
def test_a_sane_machine_is_silent(machine: str) -> None:
    for name in SANE_PLANS.get(machine, ("none", "one GPU", "small GPT-2")):
        assert problems(MACHINES / f"{machine}.json", name) == [], name


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_machine_says_where_it_comes_from(path: Path) -> None:
    facts = load(path)
    assert facts.origin.kind in ("recorded", "composed") and facts.origin.note and facts.origin.date
    assert (facts.origin.kind == "recorded") == path.stem.startswith("recorded-")
    assert facts.host is not None and facts.cpu is not None and facts.memory is not None and facts.torch is not None
    assert facts.host.name in (None, "redacted") and facts.host.user in (None, "redacted")


def test_there_are_enough_machines() -> None:
    assert len(PATHS) >= 14


def test_real_configs_are_silent_on_a_large_machine() -> None:
    """The plans of real projects' files (tests/doctor/config/real_configs.toml, read by hand), on eight H100."""
    facts, found = load(MACHINES / "h100-x8.json"), []
    for config in tomllib.loads(REAL_CONFIGS.read_text(encoding="utf-8"))["config"]:
        place = Location(config["path"], Span(1, 1, 1, 9))
        said = {key: value for key, value in config["expect"].items() if key in SETTINGS}
        settings = {
            key: Setting(tuple(value) if isinstance(value, list) else value, key, place) for key, value in said.items()
        }
        source = Source(path=config["path"], format=config["format"], strength=1)
        judgements, failures = judge(Case(facts, LaunchPlan(sources=(source,), **settings)))
        assert not failures
        found += [(each.meta.name, config["path"]) for each in judgements if each.problems]
    assert found == [
        ("nproc-gpus", "distributed/minGPT-ddp/run_example.sh"),  # asks for 16 processes on one node
        ("gpu-unused", "configs/train.yaml"),  # a template whose default is the CPU
    ]
