"""Free space where jobs write: here, temporary files, and the caches of models."""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from devlint.doctor.facts import Disk
from devlint.doctor.probes.answer import Gaps
from devlint.doctor.probes.system import system_name


def probe(gaps: Gaps) -> tuple[Disk, ...]:
    """One entry for each role; a folder that is not there yet is measured at its nearest parent that is."""
    mounts = _mounts()
    found = []
    for role, path in _places(os.environ, Path.home()).items():
        disk = gaps.attempt(role, functools.partial(_measure, role, path, mounts))
        found.append(disk or Disk(role=role, path=str(path)))
    return tuple(found)


def _places(environment: Mapping[str, str], home: Path) -> dict[str, Path]:
    """Role -> folder, as huggingface_hub (HF_HUB_CACHE, HF_HOME) and torch.hub (TORCH_HOME) choose theirs."""
    cache = Path(environment.get("XDG_CACHE_HOME") or home / ".cache")
    hf_home = Path(environment.get("HF_HOME") or cache / "huggingface")
    return {
        "working-directory": Path.cwd(),
        "temporary": Path(tempfile.gettempdir()),
        "hf-cache": Path(environment.get("HF_HUB_CACHE") or hf_home).expanduser(),
        "torch-cache": Path(environment.get("TORCH_HOME") or cache / "torch").expanduser(),
    }


def _measure(role: str, path: Path, mounts: list[tuple[str, str]]) -> Disk:
    there = next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.exists())
    usage = shutil.disk_usage(there)
    return Disk(role=role, path=str(path), total=usage.total, free=usage.free, filesystem=_filesystem(there, mounts))


def _filesystem(path: Path, mounts: list[tuple[str, str]]) -> str | None:
    """The kind of the file system that holds a folder: of the longest mount point above it, the last one mounted."""
    real = path.resolve()
    holding = [(point, kind) for point, kind in mounts if real.is_relative_to(point)]
    longest = max((len(point) for point, _ in holding), default=0)
    return next((kind for point, kind in reversed(holding) if len(point) == longest), None)


def _mounts() -> list[tuple[str, str]]:
    """(mount point, kind) in the order of mounting; none where only programs list them."""
    if system_name() != "Linux":
        return []
    try:
        rows = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return []
    return [(row[1].replace("\\040", " "), row[2]) for row in rows if len(row) >= 3]
