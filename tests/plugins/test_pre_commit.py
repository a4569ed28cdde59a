"""The pre-commit hook, run by pre-commit on a scratch repository."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.plugins.projects import BAD, run, write

ROOT = Path(__file__).resolve().parents[2]


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=devlint", "-c", "user.email=devlint@example.org")
    done = run(["git", *identity, *arguments], folder)
    assert done.returncode == 0, done
    return done.stdout.decode()


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This working tree as a repository of its own: pre-commit installs what is committed."""
    copy = tmp_path_factory.mktemp("devlint")
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = [name for name in listed.split("\0") if name and (ROOT / name).is_file()]
    write(copy, {name: (ROOT / name).read_bytes() for name in names})
    git(copy, "init", "--quiet")
    git(copy, "add", "--all")
    git(copy, "commit", "--quiet", "--message=all")
    return copy


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps the environment it installs, once for all tests."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.mark.slow
def test_hook_finds_what_check_finds(tmp_path: Path, hooks: Path, store: Path) -> None:
    notebook = {"cells": [{"cell_type": "markdown", "source": "text"}, {"cell_type": "code", "source": BAD}]}
    files = {
        "bad.py": BAD,
        "good.py": "x = 1\n",
        "notes.txt": BAD,
        "left out/bad.py": BAD,
        "a notebook.ipynb": json.dumps(notebook),
        "pyproject.toml": '[tool.devlint]\nextend-exclude = ["left out"]\noutput-format = "concise"\n',
    }
    write(tmp_path, files)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    command = [sys.executable, "-m", "pre_commit", "try-repo", str(hooks), "devlint", "--all-files", "--color=never"]
    done = run(command, tmp_path, PRE_COMMIT_HOME=str(store))
    output = done.stdout.decode()
    assert done.returncode == 1, done
    assert "- exit code: 1" in output
    assert [line for line in output.splitlines() if "XDV" in line] == [
        line for line in output.splitlines() if line.startswith(("bad.py:5:", "a notebook.ipynb:cell 2:5:"))
    ]
    assert output.count("XDV303") == 2


@pytest.mark.slow
def test_hook_passes_on_clean_code(tmp_path: Path, hooks: Path, store: Path) -> None:
    write(tmp_path, {"good.py": "import torch\n"})
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    command = [sys.executable, "-m", "pre_commit", "try-repo", str(hooks), "devlint", "--all-files", "--color=never"]
    done = run(command, tmp_path, PRE_COMMIT_HOME=str(store))
    assert done.returncode == 0, done


@pytest.mark.slow
def test_doctor_hook_checks_launch_files_against_the_target(tmp_path: Path, hooks: Path, store: Path) -> None:
    files = {
        "pyproject.toml": '[tool.devlint.doctor]\ntarget = "2x RTX 3060"\nignore = ["tf32-off"]\n',
        "configs/train.sh": "torchrun --nproc-per-node 4 train.py\n",
    }
    write(tmp_path, files)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    command = [
        sys.executable,
        "-m",
        "pre_commit",
        "try-repo",
        str(hooks),
        "devlint-doctor",
        "--all-files",
        "--color=never",
    ]
    done = run(command, tmp_path, PRE_COMMIT_HOME=str(store))
    output = done.stdout.decode()
    assert done.returncode == 1, done
    assert "- exit code: 1" in output
    assert "configs/train.sh:1:27" in output
    write(tmp_path, {"configs/train.sh": "torchrun --nproc-per-node 2 train.py\n"})
    git(tmp_path, "add", "--all")
    done = run(command, tmp_path, PRE_COMMIT_HOME=str(store))
    assert done.returncode == 0, done


def test_manifest_is_valid() -> None:
    done = run([sys.executable, "-m", "pre_commit", "validate-manifest", ".pre-commit-hooks.yaml"], ROOT)
    assert done.returncode == 0, done
