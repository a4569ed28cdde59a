"""The table of docs/doctor-coverage.md names facts that there are."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from pathlib import Path
from typing import Any

import pytest

from devlint.doctor.facts import Facts

PAGE = Path(__file__).parents[3] / "docs" / "doctor-coverage.md"
PATHS = sorted(set(re.findall(r"`([a-z_]+(?:\[\])?(?:\.\w+)+)`", PAGE.read_text(encoding="utf-8"))))


def field_type(kind: Any, name: str) -> Any:
    """The type of a record's field, or of a mapping's values; of `X | None` and of tuples, that of X."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        kind = next(each for each in typing.get_args(kind) if each is not type(None))
    if name == "[]":
        return typing.get_args(kind)[0]
    if dataclasses.is_dataclass(kind):
        return typing.get_type_hints(kind)[name]
    return typing.get_args(kind)[1]


@pytest.mark.parametrize("path", PATHS)
def test_fact_is_there(path: str) -> None:
    kind: Any = Facts
    for name in path.replace("[]", ".[]").split("."):
        kind = field_type(kind, name)


def test_every_tool_has_its_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    tables = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    rows = {table.split("\n")[0]: table.count("\n| ") - 2 for table in tables}
    assert list(rows) == ["torch.utils.collect_env", "accelerate env", "ds_report", "nvitop"]
    assert min(rows.values()) >= 8 and rows["torch.utils.collect_env"] >= 45
    assert "| no |" not in text
