"""Configs in the style of each format, and the plan that they make: tests/fixtures/configs/CASE/expected.toml."""

from __future__ import annotations

import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest

from devlint.doctor.config.read import all_readers, read_configs

CASES = Path(__file__).parents[2] / "fixtures" / "configs"
NAMES = sorted(case.name for case in CASES.iterdir())


def read(name: str) -> tuple[Any, dict[str, Any]]:
    expected = tomllib.loads((CASES / name / "expected.toml").read_text(encoding="utf-8"))
    command = shlex.split(expected.get("command", ""))
    plan, failures = read_configs(expected["paths"], command=command, folder=CASES / name)
    assert failures == ()
    return plan, expected


@pytest.mark.parametrize("name", NAMES)
def test_plan(name: str) -> None:
    plan, expected = read(name)
    values = {field: setting.value for field, setting in plan.settings().items()}
    values = {field: list(value) if isinstance(value, tuple) else value for field, value in values.items()}
    assert values == expected["expect"]
    assert {key: setting.value for key, setting in plan.environment.items()} == expected.get("environment", {})
    assert sorted(field for field in plan.unknown if not field.startswith("other.")) == expected.get("unknown", [])
    assert [source.format for source in plan.sources] == expected["formats"]


@pytest.mark.parametrize("name", NAMES)
def test_where_it_comes_from(name: str) -> None:
    plan, expected = read(name)
    for field, place in expected.get("places", {}).items():
        assert str(getattr(plan, field).location) == place, field
    for field, derived in expected.get("derived", {}).items():
        assert getattr(plan, field).derived == derived
    for field, places in expected.get("overrides", {}).items():
        assert [str(setting.location) for setting in getattr(plan, field).overrides] == places
    for key, value in expected.get("other", {}).items():
        assert plan.other[key].value == value


def test_every_format_has_a_case() -> None:
    tested = {name for case in NAMES for name in tomllib.loads((CASES / case / "expected.toml").read_text())["formats"]}
    assert {reader.name for reader in all_readers()} <= tested


def test_real_configs_cover_the_formats() -> None:
    listed = tomllib.loads((Path(__file__).parent / "real_configs.toml").read_text(encoding="utf-8"))["config"]
    formats = [config["format"] for config in listed]
    assert len(listed) >= 40
    assert all(formats.count(name) >= 3 for name in set(formats)), formats
    assert len({(config["repository"], config["path"]) for config in listed}) == len(listed)
