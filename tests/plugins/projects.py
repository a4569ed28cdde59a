"""A project with findings, and programs run in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

BAD = 'import torch\n\n\ndef pick():\n    return torch.device("gpu")\n'
"""One XDV303 finding, on line 5."""


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files, in folders as needed."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def run(
    command: Sequence[str], folder: Path, *, stdin: bytes | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a program in a folder, for two minutes at most."""
    return subprocess.run(
        command,
        cwd=folder,
        input=stdin,
        capture_output=True,
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )


def flake8(folder: Path, *arguments: str, stdin: bytes | None = None, **environment: str) -> list[str]:
    """The lines of a real flake8 run about devlint's codes alone, unless `arguments` select others."""
    chosen = () if any("select" in argument for argument in arguments) else ("--select=XDV",)
    done = run([sys.executable, "-m", "flake8", *chosen, *arguments], folder, stdin=stdin, **environment)
    assert (done.returncode, done.stderr) in ((0, b""), (1, b"")), done
    return done.stdout.decode().splitlines()


def check(folder: Path, *arguments: str) -> list[str]:
    """The findings of a real `devlint check` run, written as flake8 does."""
    done = run([sys.executable, "-m", "devlint", "check", "--output-format=json", *arguments], folder)
    assert done.returncode in (0, 1), done
    return [
        f"{found['path']}:{found['line']}:{found['column']}: {found['code']} {found['message']}"
        for found in json.loads(done.stdout)
    ]
