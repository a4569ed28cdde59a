"""What docs/integrations.md tells people to write, run as far as it can be without the services."""

from __future__ import annotations

import json
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.plugins.projects import BAD, run, write

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "integrations.md").read_text(encoding="utf-8")


def blocks(language: str, text: str = PAGE) -> list[str]:
    """The code blocks of a language, without the indentation they have in lists."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    return [re.sub(f"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def steps(node: Any) -> Iterator[str]:
    """The shell commands of a CI configuration."""
    match node:
        case {"run": str(command)}:
            yield command
        case {"script": [*commands]}:
            yield from commands
        case dict():
            for child in node.values():
                yield from steps(child)
        case list():
            for child in node:
                yield from steps(child)


COMMANDS = [step for block in blocks("yaml") for step in steps(yaml.safe_load(block)) if step.startswith("devlint ")]


def test_there_are_commands_for_each_service() -> None:
    formats = [
        word for command in COMMANDS for word in ("github", "sarif", "gitlab") if f"--output-format {word}" in command
    ]
    assert formats == ["github", "sarif", "gitlab"]


@pytest.mark.parametrize("command", COMMANDS)
def test_ci_commands_run(tmp_path: Path, command: str) -> None:
    write(tmp_path, {"bad.py": BAD})
    words = shlex.split(command)[1:]
    done = run([sys.executable, "-m", "devlint", *words], tmp_path)
    assert done.returncode == (0 if "--exit-zero" in words else 1), done
    if "--output-file" in words:
        report = json.loads((tmp_path / words[words.index("--output-file") + 1]).read_bytes())
        assert "XDV303" in json.dumps(report)
    else:
        assert b"::error" in done.stdout
        assert b"file=bad.py,line=5" in done.stdout


def test_upload_takes_the_file_that_is_written() -> None:
    (block,) = [block for block in blocks("yaml") if "upload-sarif" in block]
    (name,) = re.findall(r"--output-file (\S+)", block)
    assert f"sarif_file: {name}\n" in block
    (block,) = [block for block in blocks("yaml") if "codequality" in block]
    (name,) = re.findall(r"--output-file (\S+)", block)
    assert f"codequality: {name}\n" in block


def test_pre_commit_configuration_is_valid(tmp_path: Path) -> None:
    (block,) = [block for block in blocks("yaml") if "repos:" in block]
    write(tmp_path, {"config.yaml": block})
    done = run([sys.executable, "-m", "pre_commit", "validate-config", "config.yaml"], tmp_path)
    assert done.returncode == 0, done


@pytest.mark.parametrize("block", blocks("json"))
def test_editor_settings_are_json(block: str) -> None:
    assert isinstance(json.loads(block), dict)


def test_flake8_options_exist(tmp_path: Path) -> None:
    named = set(re.findall(r"`--(devlint-[\w-]+)`", PAGE))
    done = run([sys.executable, "-m", "flake8", "--help"], tmp_path)
    assert named == set(re.findall(r"--(devlint-[\w-]+)", done.stdout.decode())) != set()


def test_suppression_page_works_as_written(tmp_path: Path) -> None:
    page = (DOCS / "suppression.md").read_text(encoding="utf-8")
    examples = blocks("python", page)
    assert len(examples) == 3
    for number, example in enumerate(examples):
        write(tmp_path, {f"example{number}.py": f"import torch\n\n{example}"})
    done = run([sys.executable, "-m", "devlint", "check", "--output-format", "json"], tmp_path)
    assert (done.returncode, json.loads(done.stdout)) == (0, [])
    assert [tomllib.loads(block) for block in blocks("toml", page)] == [
        {"tool": {"ruff": {"lint": {"external": ["XDV"]}}}}
    ]
