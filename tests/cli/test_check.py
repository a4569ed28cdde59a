"""`devlint check` as a user runs it: what it prints, where, and the exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest
from conftest import BUG, FOUND

CLEAN = "import torch\n"
TRACEBACK = "Traceback"


def places(output: str) -> list[str]:
    """Paths with findings in the format `concise`."""
    return [line.split(":")[0] for line in output.splitlines() if " [" in line]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["clean.py"], 0),
        (["bug.py"], 1),
        (["."], 1),
        ([], 1),
        (["bug.py", "--exit-zero"], 0),
        (["bug.py", "--ignore", "XDV101"], 0),
        (["nope.py"], 2),
        (["nope.py", "bug.py", "--exit-zero"], 2),
        (["broken.txt"], 2),
    ],
)
def test_exit_codes(project, arguments, code):
    project.add(clean=CLEAN, bug=BUG)
    project.write("broken.txt", "import torch\ndef f(:\n")
    assert project.run("check", *arguments).returncode == code


def test_the_rest_goes_on(project):
    project.add(bug=BUG, broken="import torch\ndef f(:\n")
    run = project.run("check", "nope.py", ".", "--output-format", "concise")
    assert run.returncode == 2
    assert f"bug.py:{FOUND}" in run.stdout
    assert "error: nope.py: no such file or folder" in run.stdout
    assert "error: broken.py:2" in run.stdout
    assert run.stderr == ""


def test_failures_go_to_stderr_where_the_format_has_no_room_for_them(project):
    project.add(bug=BUG)
    run = project.run("check", "nope.py", "bug.py", "--output-format", "json")
    assert [finding["code"] for finding in json.loads(run.stdout)] == ["XDV101"]
    assert run.stderr == "error: nope.py: no such file or folder\n"
    assert run.returncode == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--select", "XDV1O1"], "command line: select: unknown rule `XDV1O1`; did you mean `XDV101`?"),
        (["--ignore", "placment,ALL"], "command line: ignore: unknown rule `placment`; did you mean `placement`?"),
        (["--output-format", "jsn"], "command line: output-format: unknown output format 'jsn': did you mean 'json'?"),
        (["--output-format", "sarif", "--statistics"], "--statistics cannot be written in the format sarif"),
        (["--target-torch", "two"], "command line: target-torch: expected a version such as `2.4`, got `two`"),
        (["--timeout", "soon"], "command line: timeout: expected a number of seconds, got `soon`"),
        (
            ["--config", "nope.toml"],
            "--config nope.toml: there is no such file, and it is not of the form `key = value`",
        ),
        (["--config", "tiemout = 1"], "--config 'tiemout = 1': unknown option `tiemout`; did you mean `timeout`?"),
        (["--config", "pyproject.toml"], "--config pyproject.toml: the file has no [tool.devlint] table"),
        (["--config", "devlint.ini", "--isolated"], "--isolated and --config FILE contradict each other"),
        (["--config", "devlint.ini", "--config", "./devlint.ini"], "--config: more than one settings file is given"),
        (["--stdin-filename", "x.py", "bug.py"], "--stdin-filename is about standard input: add `-` to the paths"),
        (["--output-file", "no/such/folder/x", "."], "cannot write no/such/folder/x: No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(project, arguments, message):
    project.add(bug=BUG)
    project.write("pyproject.toml", "[tool.other]\n")
    project.write("devlint.ini", "")
    run = project.run("check", *arguments)
    assert run.stderr.startswith(f"error: {message}")
    assert run.stderr.count("\n") == 1
    assert (run.returncode, run.stdout) == (2, "")


@pytest.mark.parametrize(
    "arguments", [["--nope"], ["--jobs", "0"], ["--jobs", "x"], ["--color", "maybe"], ["--sel", "ALL"]]
)
def test_wrong_arguments(project, arguments):
    run = project.run("check", *arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("usage: devlint check [OPTIONS] [PATHS ...]\n")


def test_wrong_settings_are_named_with_their_place(project):
    project.add(bug=BUG, sub__bug=BUG)
    project.write("sub/pyproject.toml", "[tool.devlint]\n\nselct = []\n")
    run = project.run("check")
    assert run.stderr == "error: sub/pyproject.toml:3: unknown option `selct`; did you mean `select`?\n"
    assert (run.returncode, run.stdout) == (2, "")
    assert project.run("check", "--isolated").returncode == 1


def test_settings_from_everywhere(project):
    project.add(a=BUG, b=BUG, sub__c=BUG)
    project.write(
        "pyproject.toml", '[tool.devlint]\noutput-format = "concise"\nper-file-ignores."b.py" = ["placement"]\n'
    )
    project.write("other.toml", 'exclude = ["a.py"]\noutput-format = "concise"\n')
    for arguments, expected in (
        ([], ["a.py", "sub/c.py"]),
        (["--config", "other.toml"], ["b.py", "sub/c.py"]),
        (["--config", 'exclude = ["sub"]'], ["a.py"]),
        (["--extend-exclude", "/a.py,nothing", "--extend-exclude", "nothing"], ["sub/c.py"]),
    ):
        assert places(project.run("check", *arguments).stdout) == expected, arguments


def test_output_format_of_the_environment_is_between_settings_and_flags(project):
    project.add(bug=BUG)
    project.write("devlint.toml", 'output-format = "sarif"\n')
    assert len(json.loads(project.run("check", DEVLINT_OUTPUT_FORMAT="json").stdout)) == 1
    run = project.run("check", "--output-format", "concise", DEVLINT_OUTPUT_FORMAT="json")
    assert places(run.stdout) == ["bug.py"]
    run = project.run("check", DEVLINT_OUTPUT_FORMAT="xml")
    assert run.returncode == 2
    assert run.stderr.startswith("error: DEVLINT_OUTPUT_FORMAT: output-format: unknown output format 'xml'")


def test_force_exclude_as_pre_commit_uses_it(project):
    project.add(build__bug=BUG)
    assert project.run("check", "build/bug.py").returncode == 1
    run = project.run("check", "build/bug.py", "--force-exclude")
    assert (run.returncode, run.stdout) == (0, "Nothing to check: no Python file or notebook found.\n")


@pytest.mark.parametrize("format", ["full", "json", "sarif"])
def test_no_files_is_no_error_but_is_said(project, format):
    run = project.run("check", "--output-format", format)
    assert run.returncode == 0
    assert (run.stdout + run.stderr).count("Nothing to check") == 1


def test_stdin(project):
    project.write("sub/devlint.toml", 'output-format = "json"\n[per-file-ignores]\n"quiet.py" = ["ALL"]\n')
    run = project.run("check", "-", "--output-format", "concise", stdin=BUG)
    assert (run.returncode, run.stdout.splitlines()[0][: len(FOUND) + 2]) == (1, f"-:{FOUND}")
    run = project.run("check", "--stdin-filename", "sub/loud.py", "--output-format", "concise", stdin=BUG)
    assert (run.returncode, places(run.stdout)) == (1, ["sub/loud.py"])
    assert project.run("check", "-", "--stdin-filename", "sub/quiet.py", stdin=BUG).returncode == 0


def test_notebook_on_stdin(project):
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": BUG}
    notebook = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    run = project.run("check", "-", "--stdin-filename", "n.ipynb", "--output-format", "concise", stdin=notebook)
    assert f"n.ipynb:cell 1:{FOUND}" in run.stdout


def test_show_files(project):
    project.add(b=BUG, a=BUG, build__c=BUG)
    run = project.run("check", ".", "nope", "--show-files")
    assert (run.returncode, run.stdout, run.stderr) == (2, "a.py\nb.py\n", "error: nope: no such file or folder\n")


def test_show_settings(project):
    project.write("sub/devlint.toml", 'ignore = ["placement"]\n')
    run = project.run("check", "--show-settings", "sub", "--timeout", "5")
    assert run.returncode == 0
    assert 'ignore = ["placement"]  # sub/devlint.toml:1\n' in run.stdout
    assert "timeout = 5  # command line\n" in run.stdout
    assert "# XDV101" not in run.stdout
    assert "# XDV201 discarded-move\n" in run.stdout


def test_statistics(project):
    project.add(a=BUG, b=BUG)
    assert "2  XDV101  tensor-on-default-device\n" in project.run("check", "--statistics").stdout
    run = project.run("check", "--statistics", "--output-format", "json")
    assert [(row["code"], row["count"]) for row in json.loads(run.stdout)] == [("XDV101", 2)]
    assert run.returncode == 1


def test_output_file(project):
    project.add(bug=BUG)
    project.write("report.txt", "old")
    os.chmod(project.root / "report.txt", 0o640)
    run = project.run(
        "check", "bug.py", "nope", "--output-file", "report.txt", "--output-format", "concise", FORCE_COLOR="1"
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert "nope" in run.stderr
    assert (project.root / "report.txt").read_text().startswith(f"bug.py:{FOUND}")
    assert (project.root / "report.txt").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in project.root.iterdir()) == ["bug.py", "report.txt"]


def test_output_file_that_is_a_device(project):
    project.add(bug=BUG)
    assert project.run("check", "--output-file", os.devnull).returncode == 1
    assert not os.path.isfile(os.devnull)


@pytest.mark.parametrize(
    ("arguments", "variables", "colored"),
    [
        ([], {}, False),
        (["--color", "always"], {}, True),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "0"}, False),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
    ],
)
def test_color(project, arguments, variables, colored):
    project.add(bug=BUG)
    assert ("\x1b[" in project.run("check", *arguments, **variables).stdout) is colored


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
@pytest.mark.parametrize(("variables", "colored"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_color_on_a_terminal(project, variables, colored):
    import pty

    project.add(bug=BUG)
    ours, theirs = pty.openpty()
    environment = project.environment(**{"TERM": "xterm", **variables})
    command = project.command("check", "--output-format", "concise")
    subprocess.run(command, cwd=project.root, env=environment, stdout=theirs, timeout=60, check=False)
    os.close(theirs)
    assert (b"\x1b[" in os.read(ours, 65536)) is colored


@pytest.mark.parametrize("format", ["full", "concise", "json", "sarif"])
def test_same_bytes_whatever_the_number_of_jobs(project, format):
    project.add(**{f"m{number}": BUG + "\n" * number + BUG for number in range(12)}, broken="import torch\n(")
    outputs = {project.run("check", "--output-format", format, "--jobs", jobs).stdout for jobs in ("1", "2", "7")}
    assert len(outputs) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="another kind of pipe")
@pytest.mark.parametrize(
    "arguments", [["check"], ["check", "--help"], ["rule"], ["rule", "--all"], ["--version"], ["--help"]]
)
def test_a_closed_pipe_ends_it_quietly(project, arguments):
    project.add(**{f"m{number}": BUG * 50 for number in range(3)})
    ours, theirs = os.pipe()
    process = subprocess.Popen(
        project.command(*arguments),
        cwd=project.root,
        env=project.environment(),
        stdout=theirs,
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    os.close(ours)
    _, errors = process.communicate(timeout=60)
    assert errors == b""
    assert process.returncode == (1 if arguments == ["check"] else 0)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk_is_an_error(project):
    project.add(bug=BUG)
    with open("/dev/full", "w") as full:
        run = subprocess.run(
            project.command("check"),
            cwd=project.root,
            env=project.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert run.stderr == "error: cannot write to standard output: No space left on device\n"
    assert run.returncode == 2


def test_output_in_an_encoding_that_lacks_a_character(project):
    project.add(bug=BUG.replace("mask", "mäsk"))
    run = project.run("check", PYTHONIOENCODING="ascii")
    assert run.returncode == 1
    assert "m\\xe4sk" in run.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="another kind of interruption")
def test_interruption_is_quiet(project):
    command = project.command("check", "-")
    process = subprocess.Popen(
        command,
        cwd=project.root,
        env=project.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    time.sleep(1)  # by then it waits for its input
    process.send_signal(2)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (130, b"", b"")


def test_a_crash_inside_is_an_error_and_verbose_shows_where(project, monkeypatch, capsys):
    import devlint.cli.check
    from devlint.cli.main import main

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("out of luck")

    monkeypatch.chdir(project.root)
    monkeypatch.setattr(devlint.cli.check, "check_paths", fail)
    assert main(["check"]) == 2
    message = "error: devlint failed with RuntimeError: out of luck; please report it"
    assert capsys.readouterr().err == f"{message}, with the traceback that --verbose shows\n"
    assert main(["check", "--verbose"]) == 2
    assert f"\n{message}\n" in capsys.readouterr().err


def test_verbose_shows_where_devlint_failed_on_a_file(project, monkeypatch, capsys):
    from devlint.cli.main import main
    from devlint.run import worker

    def fail(*_: object) -> None:
        raise RuntimeError("out of luck")

    project.add(a=CLEAN)
    monkeypatch.chdir(project.root)
    monkeypatch.setattr(worker, "check_source", fail)
    assert main(["check"]) == 2
    assert TRACEBACK not in capsys.readouterr().err
    assert main(["check", "-v"]) == 2
    assert "RuntimeError: out of luck" in capsys.readouterr().err
