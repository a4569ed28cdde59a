"""What all subcommands share, and that starting is cheap."""

from __future__ import annotations

import subprocess

import pytest

from devlint import __version__
from devlint.cli.main import COMMANDS


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version(project, flag):
    run = project.run(flag)
    assert (run.returncode, run.stdout, run.stderr) == (0, f"devlint {__version__}\n", "")


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], []])
def test_help_names_the_commands(project, arguments):
    run = project.run(*arguments)
    assert (run.returncode, run.stderr) == (0, "")
    assert all(f"    {name}  " in run.stdout for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(project, command):
    run = project.run(command, "--help")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith(f"usage: devlint {command} ")


@pytest.mark.parametrize("arguments", [["chekc"], ["--nope"], ["check", "rule", "--nope"]])
def test_wrong_arguments(project, arguments):
    run = project.run(*arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("usage: devlint")


HEAVY = {"libcst", "pathspec", "multiprocessing", "tomllib", "difflib"}


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--version"], {*HEAVY, "argparse", "dataclasses", "json", "inspect", "devlint.findings"}),
        (["--help"], {*HEAVY, "dataclasses", "json", "inspect", "devlint.findings"}),
        (["check", "--help"], {"libcst", "pathspec"}),
        (["rule"], HEAVY),
        (["rule", "XDV101"], HEAVY),
        (["check", "."], {"libcst"}),
    ],
    ids=["version", "help", "check help", "rule list", "rule page", "check"],
)
def test_nothing_is_imported_that_is_not_needed(project, arguments, unwanted):
    project.add(a="print(1)\n")
    command = project.command(*arguments)
    command[1:1] = ["-X", "importtime"]
    run = subprocess.run(
        command, cwd=project.root, env=project.environment(), capture_output=True, text=True, check=True, timeout=60
    )
    imported = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines() if line.startswith("import time:")}
    assert "devlint.cli.main" in imported
    assert imported & unwanted == set()
