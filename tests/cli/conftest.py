"""Running the real command in a project of a few files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BUG = """\
import torch


class Net(torch.nn.Module):
    def forward(self, x):
        mask = torch.zeros(3)
        return x + mask
"""
"""One finding: XDV101 at 6:16."""

FOUND = "6:16: XDV101 [tensor-on-default-device]"


class Project:
    """A folder to run devlint in, as a user does."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(self, **files: str) -> Project:
        """Write files; `__` in a name is a `/`."""
        for name, text in files.items():
            self.write(name.replace("__", "/") + ".py", text)
        return self

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, *arguments: str, stdin: str | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `devlint` to its end; `variables` are of the environment."""
        return subprocess.run(
            self.command(*arguments),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=self.root,
            env=self.environment(**variables),
            timeout=60,
            check=False,
        )

    @staticmethod
    def command(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "devlint", *arguments]

    @staticmethod
    def environment(**variables: str) -> dict[str, str]:
        ours = ("NO_COLOR", "FORCE_COLOR", "DEVLINT_OUTPUT_FORMAT", "COLUMNS")
        inherited = {name: value for name, value in os.environ.items() if name not in ours}
        return {**inherited, "PYTHONWARNINGS": "error", **variables}


@pytest.fixture
def project(tmp_path) -> Project:
    """An empty project."""
    return Project(tmp_path)
