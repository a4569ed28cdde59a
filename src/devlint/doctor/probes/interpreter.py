"""The interpreter that jobs run with: which one it is, and what it says of itself, its libraries and its PyTorch.

It is asked in a process of its own (`target.py`): devlint may live in another environment, and importing torch may
crash.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from devlint.doctor.facts import Library, Python, TorchBuild, TorchDevice
from devlint.doctor.probes.answer import NotAvailable
from devlint.doctor.probes.commands import Outcome, Program

T = TypeVar("T")
_SCRIPT = Path(__file__).with_name("target.py")
_LAUNCHER = "__PYVENV_LAUNCHER__"
"""macOS: set by the launcher of one virtual environment, and makes any other interpreter take itself for that one."""

_PART = re.compile(r"^<<<devlint:(\w+) (.*) devlint>>>$", re.MULTILINE)
_LOCAL_VERSION = re.compile(r"\+(cpu|cu|rocm|xpu)([\d.]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The software of an interpreter; `gaps` as in `Facts`."""

    python: Python | None = None
    libraries: Mapping[str, Library] | None = None
    torch: TorchBuild | None = None
    gaps: Mapping[str, str] = field(default_factory=dict)


def find(asked: str | None, environment: Mapping[str, str], own: str = sys.executable) -> str:
    """The interpreter's path: the one asked for (a program or an environment's folder), else that of the active
    environment, else `python` on the PATH, else devlint's own. NotAvailable if what was asked for is not there.
    """
    if asked is not None:
        found = _in_environment(Path(asked)) if os.path.isdir(asked) else shutil.which(asked)
        if found is None:
            raise NotAvailable(f"{asked} is no Python interpreter: give its path, or the folder of an environment")
        return found
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        found = _in_environment(Path(environment[variable])) if environment.get(variable) else None
        if found is not None:
            return found
    path = environment.get("PATH", "")
    return shutil.which("python", path=path) or shutil.which("python3", path=path) or own


def probe(asked: str | None, limit: float) -> Stack:
    """What the interpreter says within `limit` seconds; NotAvailable if it cannot be started."""
    python = find(asked, os.environ)
    environment = {name: value for name, value in os.environ.items() if name != _LAUNCHER}
    return read(Program([python, str(_SCRIPT)], env=environment).outcome(limit), python)


def read(outcome: Outcome, python: str) -> Stack:
    """What it answered, as far as it got."""
    parts = dict(_parts(outcome.stdout))
    failure = replace(outcome, stdout=_PART.sub("", outcome.stdout)).failure
    if "python" not in parts:
        reason = failure or f"{python} prints no answer: it is not a Python interpreter"
        return Stack(gaps=dict.fromkeys(("python", "libraries", "torch"), reason))
    gaps = {}
    libraries = parts.get("libraries")
    if libraries is None:
        gaps["libraries"] = failure or "it did not list its libraries"
    torch = _torch(parts, failure, gaps, python)
    return Stack(
        python=_made(Python, parts["python"]),
        libraries=libraries and {name: _made(Library, {"name": name, **each}) for name, each in libraries.items()},
        torch=torch,
        gaps=gaps,
    )


def without_import(version: str, error: str | None) -> TorchBuild:
    """What an installed torch's version alone tells: `2.13.0+cu130` is a build for CUDA 13.0."""
    local = _LOCAL_VERSION.search(version)
    kind, number = local.groups() if local else (None, "")
    return TorchBuild(
        version=version,
        imported=False,
        build={"cu": "cuda"}.get(kind, kind) if kind else None,
        cuda=f"{number[:-1]}.{number[-1]}" if kind == "cu" else None,
        hip=number or None if kind == "rocm" else None,
        error=error,
    )


def _torch(parts: Mapping[str, Any], failure: str | None, gaps: dict[str, str], python: str) -> TorchBuild | None:
    installed = (parts.get("libraries") or {}).get("torch", {}).get("version")
    if "torch" not in parts:
        reason = f"importing torch did not end well: {failure or 'it ended the interpreter'}"
    elif parts["torch"] is None:
        reason = f"PyTorch is not installed in {python}"
    elif "version" in parts["torch"]:
        said = parts["torch"]
        return _made(TorchBuild, {**said, "devices": [_made(TorchDevice, each) for each in said.get("devices", ())]})
    else:
        reason = f"importing torch failed with {parts['torch'].get('error')}"
    gaps["torch"] = reason
    return without_import(installed, reason) if installed else None


def _parts(stdout: str) -> list[tuple[str, Any]]:
    parts = []
    for match in _PART.finditer(stdout):
        try:
            parts.append((match[1], json.loads(match[2])))
        except ValueError:  # somebody printed something that looks like ours
            continue
    return parts


def _made(kind: type[T], said: Mapping[str, Any]) -> T:
    """A record of facts; JSON has lists where facts have tuples. What it does not know is left out."""
    known = {each.name for each in fields(kind)}  # type: ignore[arg-type]
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in said.items() if k in known})


def _in_environment(folder: Path) -> str | None:
    """The interpreter of a virtual or conda environment."""
    places = ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe")
    return next((str(folder / place) for place in places if (folder / place).is_file()), None)
