"""The generated parts of docs/*.md are what the code says; DEVLINT_UPDATE_DOCS=1 rewrites them."""

from __future__ import annotations

import os
import tomllib
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path

import pytest

from devlint.cli.main import COMMANDS
from devlint.settings.options import OPTIONS
from devlint.settings.show import options_as_markdown

DOCS = Path(__file__).parents[2] / "docs"
BEGIN, END = "<!-- generated: begin -->\n", "<!-- generated: end -->\n"


def commands_as_markdown() -> str:
    lines: list[str] = []
    for name, purpose in COMMANDS.items():
        parser = ArgumentParser(f"devlint {name}")
        import_module(f"devlint.cli.{name}").configure(parser)
        lines += [
            "",
            f"## `devlint {name}`",
            "",
            f"{purpose.capitalize()}.",
            "",
            "| argument | meaning |",
            "| --- | --- |",
        ]
        for action in parser._actions:
            metavar = action.metavar or ("|".join(action.choices) if action.choices else "")
            names = ", ".join(action.option_strings)
            argument = f"{names} {metavar}".strip() if action.nargs != 0 else names
            lines.append(f"| `{argument.replace('|', chr(92) + '|')}` | {action.help} |")
    return "\n".join(lines).strip() + "\n"


@pytest.mark.parametrize(
    ("page", "generate"),
    [("settings.md", options_as_markdown), ("cli.md", commands_as_markdown)],
    ids=["settings", "cli"],
)
def test_generated_part_is_fresh(page, generate):
    path = DOCS / page
    text = path.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    fresh = before + BEGIN + "\n" + generate() + "\n" + END + after
    if os.environ.get("DEVLINT_UPDATE_DOCS"):
        path.write_text(fresh, encoding="utf-8")
    assert text == fresh, "run it once with DEVLINT_UPDATE_DOCS=1"


@pytest.mark.parametrize("key", OPTIONS)
def test_example_in_the_reference_is_valid(key):
    option = OPTIONS[key]
    value: object = tomllib.loads(f"{key} = {option.example}")
    for part in key.split("."):
        assert isinstance(value, dict)
        value = value[part]
    assert option.kind.read(value) != option.default
