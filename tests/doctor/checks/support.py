"""Cases for checks: a machine of tests/fixtures/facts with a few changes, and a plan of a few settings.

A file of tests/fixtures/checks belongs to the check of its name and has tables of four kinds:

    [[problem]]   it must report; `message` is text that must stand in what the problem says, `setting` the key and
                  `fact` the path it must point at, `severity` what it must be
    [[passes]]    it must pass, on something that it is about; `detail` must stand in what it says
    [[aside]]     it is not about this machine or job
    [[unknown]]   it cannot tell, and `reason` must stand in why

`machine` is a file of facts. `facts` sets some by path (`gpus.0.name`), `without` makes some unknown, `gaps` says why,
`shell` adds to the machine's environment. `plan`, `other` and `environment` are settings of a config in the format
`format`, `unknown_fields` those that only the day tells, `script` the text of the job's Python file.
"""

from __future__ import annotations

import functools
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devlint.doctor.checks.base import Case
from devlint.doctor.facts import Facts
from devlint.doctor.facts.files import loads
from devlint.doctor.plan import LaunchPlan, Setting, Source
from devlint.findings import Location, Span

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
MACHINES = FIXTURES / "facts"
CASES = FIXTURES / "checks"
KINDS = ("problem", "passes", "aside", "unknown")
CONFIG = "job.yaml"


@dataclass(frozen=True)
class Example:
    """One table of a file: the check it belongs to, its kind and what it says."""

    check: str
    kind: str
    number: int
    table: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.check}-{self.kind}-{self.number}"


def examples() -> Iterator[Example]:
    """All tables of all files."""
    for path in sorted(CASES.glob("*.toml")):
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        assert set(document) <= set(KINDS), path
        for kind in KINDS:
            yield from (Example(path.stem, kind, at, table) for at, table in enumerate(document.get(kind, ()), 1))


def case_of(example: Example, folder: Path) -> Case:
    """The case of a table; a script is written to the folder."""
    table = dict(example.table)
    settings = dict(table.get("plan", {}))
    if "script" in table:
        (folder / "train.py").write_text(table["script"].lstrip(), encoding="utf-8")
        settings["script"] = str(folder / "train.py")
    return Case(_facts(table), _plan(table, settings))


def _facts(table: Mapping[str, Any]) -> Facts:
    document = json.loads(_text(table["machine"]))
    document["environment"] = {**document.get("environment", {}), **table.get("shell", {})}
    for path, value in table.get("facts", {}).items():
        _put(document, path, value)
    for path in table.get("without", ()):
        _put(document, path, None)
    document["gaps"] = {**document.get("gaps", {}), **table.get("gaps", {})}
    return loads(json.dumps(document), table["machine"])


@functools.cache
def _text(machine: str) -> str:
    return (MACHINES / f"{machine}.json").read_text(encoding="utf-8")


def _put(document: Any, path: str, value: object) -> None:
    *parents, last = path.split(".")
    for part in parents:
        document = document[int(part)] if isinstance(document, list) else document.setdefault(part, _named(part))
    document[int(last) if isinstance(document, list) else last] = value


def _named(name: str) -> dict[str, Any]:
    """A library that the machine does not have."""
    return {"name": name}


def _plan(table: Mapping[str, Any], settings: Mapping[str, Any]) -> LaunchPlan:
    lines = iter(range(1, 100))

    def setting(key: str, value: Any) -> Setting[Any]:
        line = next(lines)
        place = Location(CONFIG, Span(line, 1, line, 9))
        return Setting(tuple(value) if isinstance(value, list) else value, key, place)

    return LaunchPlan(
        sources=(Source(path=CONFIG, format=table.get("format", "plain"), strength=1),),
        environment={name: setting(name, value) for name, value in table.get("environment", {}).items()},
        other={name: setting(name.rpartition(".")[2], value) for name, value in table.get("other", {}).items()},
        unknown={name: setting(name, reason) for name, reason in table.get("unknown_fields", {}).items()},
        **{name: setting(name, value) for name, value in settings.items()},
    )
