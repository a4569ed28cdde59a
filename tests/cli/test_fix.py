"""`devlint check --fix` and its relatives, as a user runs them."""

from __future__ import annotations

import json
import stat
import subprocess

import pytest
from conftest import BUG

FIXED = BUG.replace("torch.zeros(3)", "torch.zeros(3, device=x.device)")
UNSAFE = "import torch\n\n\ndef move(x: torch.Tensor, device):\n    x.to(device)\n    return x\n"
MOVED = UNSAFE.replace("    x.to", "    x = x.to")
STUCK = "import torch\n\n\ndef f(n):\n    return torch.zeros(n, device='tpux')\n"


def read(project, name="bug.py"):
    return (project.root / name).read_bytes().decode()


@pytest.mark.parametrize(
    ("arguments", "code", "bug", "moved"),
    [
        (["--fix"], 1, FIXED, UNSAFE),
        (["--fix", "--unsafe-fixes"], 0, FIXED, MOVED),
        (["--unsafe-fixes"], 1, BUG, UNSAFE),
        (["--fix-only"], 0, FIXED, UNSAFE),
        (["--diff"], 1, BUG, UNSAFE),
        (["--diff", "--exit-zero"], 0, BUG, UNSAFE),
        (["--fix", "--exit-zero"], 0, FIXED, UNSAFE),
        (["--fix", "--select", "movement"], 1, BUG, UNSAFE),
        (["--fix", "--no-fix"], 1, BUG, UNSAFE),
        (["--config", "fix = true"], 1, FIXED, UNSAFE),
    ],
)
def test_what_is_written(project, arguments, code, bug, moved):
    project.add(bug=BUG, moved=UNSAFE)
    run = project.run("check", *arguments)
    assert run.returncode == code, run.stderr
    assert (read(project), read(project, "moved.py")) == (bug, moved)


def test_fixes_are_set_in_the_settings(project):
    project.add(bug=BUG, moved=UNSAFE)
    project.write("devlint.toml", "fix = true\nunsafe-fixes = true\n")
    run = project.run("check")
    assert run.returncode == 0
    assert run.stderr == "Fixed 2 problems in 2 files.\n"
    assert read(project, "moved.py") == MOVED


def test_what_is_left_is_reported(project):
    project.add(bug=BUG, stuck=STUCK)
    run = project.run("check", "--fix", "--show-fixes", "--output-format", "concise")
    assert run.returncode == 1
    assert run.stdout.startswith("stuck.py:5:") and "Found 1 problem in 1 file" in run.stdout
    assert run.stderr == (
        "bug.py:\n  1 x XDV101 [tensor-on-default-device] Add `device=x.device`\nFixed 1 problem in 1 file.\n"
    )


def test_the_report_says_what_can_be_fixed(project):
    project.add(bug=BUG, moved=UNSAFE)
    assert "1 can be fixed with `--fix`, 1 more with `--fix --unsafe-fixes`." in project.run("check").stdout
    (one,) = json.loads(project.run("check", "bug.py", "--output-format", "json").stdout)
    assert one["fix"] == {
        "title": "Add `device=x.device`",
        "safety": "safe",
        "edits": [
            {"cell": None, "line": 6, "column": 29, "end_line": 6, "end_column": 29, "replacement": ", device=x.device"}
        ],
    }


def test_the_diff_can_be_applied(project):
    project.add(bug=BUG)
    project.write("crlf.py", BUG.replace("\n", "\r\n").rstrip())
    (project.root / "crlf.py").write_bytes(BUG.replace("\n", "\r\n").rstrip().encode())
    run = subprocess.run(project.command("check", "--diff"), cwd=project.root, capture_output=True, check=False)
    assert run.stderr == b"Would change 2 problems in 2 files.\n"
    assert run.returncode == 1
    subprocess.run(["git", "apply", "-p0", "-"], cwd=project.root, input=run.stdout, check=True)
    assert read(project) == FIXED and read(project, "crlf.py") == FIXED.replace("\n", "\r\n").rstrip()


def test_standard_input_comes_out_fixed(project):
    run = project.run("check", "--fix", "-", "--stdin-filename", "src/x.py", stdin=BUG)
    assert (run.returncode, run.stdout) == (0, FIXED)
    assert "All clear" in run.stderr and "Fixed 1 problem" in run.stderr
    assert not (project.root / "src").exists()
    run = project.run("check", "--fix-only", "-", stdin=STUCK)
    assert (run.returncode, run.stdout, run.stderr) == (0, STUCK, "")
    run = project.run("check", "--diff", "-", stdin=BUG)
    assert run.returncode == 1 and run.stdout.startswith("--- -\n+++ -\n")


def test_excluded_standard_input_comes_out_as_it_is(project):
    run = project.run(
        "check", "--fix", "--force-exclude", "--exclude", "src", "-", "--stdin-filename", "src/x.py", stdin=BUG
    )
    assert (run.returncode, run.stdout) == (0, BUG)


def test_read_only_file(project):
    project.add(bug=BUG, other=BUG)
    path = project.root / "bug.py"
    path.chmod(0o444)
    run = project.run("check", "--fix", "--output-format", "concise")
    assert run.returncode == 2
    assert "error: bug.py: 1 change is not written: the file is read-only\n" in run.stdout
    assert run.stderr == "Fixed 1 problem in 1 file.\n"
    assert read(project) == BUG and read(project, "other.py") == FIXED
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_bytes_mode_and_links_stay(project, jobs):
    data = b"\xef\xbb\xbf" + BUG.replace("\n", "\r\n").encode()
    target = project.root / "real.py"
    target.write_bytes(data)
    target.chmod(0o755)
    (project.root / "link.py").symlink_to(target)
    assert project.run("check", "link.py", "--fix", "--jobs", jobs).returncode == 0
    assert target.read_bytes() == b"\xef\xbb\xbf" + FIXED.replace("\n", "\r\n").encode()
    assert stat.S_IMODE(target.stat().st_mode) == 0o755 and (project.root / "link.py").is_symlink()


def test_notebook(project):
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Größen\n"]},
        {
            "cell_type": "code",
            "execution_count": 1,
            "metadata": {},
            "outputs": [],
            "source": ["%matplotlib inline\n", "import torch"],
        },
        {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": BUG.splitlines(keepends=True)[3:],
        },
    ]
    text = json.dumps(
        {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1, ensure_ascii=False
    )
    project.write("net.ipynb", text + "\n")
    assert project.run("check", "--fix").returncode == 0
    expected = text.replace("torch.zeros(3)", "torch.zeros(3, device=x.device)") + "\n"
    assert read(project, "net.ipynb") == expected
    ignored = project.run("check", "--isolated", "--add-ignore", "why", "-", "--stdin-filename", "x.ipynb", stdin=text)
    assert "zeros(3)  # devlint: ignore[tensor-on-default-device] why\\n" in ignored.stdout


def test_all_that_is_there_is_ignored(project):
    project.add(bug=BUG, moved=UNSAFE, clean="import torch\n")
    run = project.run("check", "--add-ignore", "known since 2020")
    assert (run.returncode, run.stderr) == (0, "Ignored 2 problems in 2 files.\n")
    assert "    x.to(device)  # devlint: ignore[discarded-move] known since 2020\n" in read(project, "moved.py")
    before = read(project)
    assert project.run("check", "--fix", "--unsafe-fixes").returncode == 0
    assert project.run("check", "--add-ignore", "again").returncode == 0
    assert read(project) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--add-ignore", "x", "--fix"], "--add-ignore and --fix contradict each other"),
        (["--add-ignore", "x", "--fix-only"], "--add-ignore and --fix-only contradict each other"),
        (["--add-ignore", "a\nb"], "--add-ignore: the reason must be one line"),
    ],
)
def test_contradictions(project, arguments, message):
    project.add(bug=BUG)
    run = project.run("check", *arguments)
    assert run.returncode == 2 and run.stderr.startswith(f"error: {message}")
    assert read(project) == BUG


def test_diff_of_ignoring(project):
    project.add(bug=BUG)
    run = project.run("check", "--add-ignore", "why", "--diff")
    assert "+        mask = torch.zeros(3)  # devlint: ignore[tensor-on-default-device] why\n" in run.stdout
    assert read(project) == BUG


def test_a_comment_that_hides_what_a_fix_brings_to_light_stays(project):
    """Whether the sum is a clash is seen once the result of the move is not thrown away any more."""
    text = (
        "import torch\n\n\n"
        "def f(x: torch.Tensor):\n"
        "    mask = torch.ones(3)  # devlint: ignore[tensor-on-default-device] we know\n"
        "    y = torch.zeros(3)\n"
        "    y.to(x.device)\n"
        "    return y + mask\n"
    )
    project.add(bug=text)
    assert "unused-suppression" in project.run("check").stdout
    assert project.run("check", "--fix", "--unsafe-fixes").returncode == 0
    assert "    y = y.to(x.device)\n" in read(project)
    assert "mask = torch.ones(3)  # devlint: ignore[tensor-on-default-device] we know\n" in read(project)


def test_links_to_a_file_that_is_checked_too(project):
    project.add(bug=BUG)
    (project.root / "link.py").symlink_to("bug.py")
    run = project.run("check", "--fix")
    assert (run.returncode, run.stderr) == (0, "Fixed 2 problems in 2 files.\n")
    assert (project.root / "link.py").is_symlink() and read(project) == read(project, "link.py") == FIXED
