"""The launch files of a project, found by a look at their first bytes."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devlint.doctor.config.documents import LARGEST
from devlint.doctor.config.read import Session
from devlint.doctor.plan import LaunchPlan
from devlint.findings import Failure
from devlint.run.gitignore import GitIgnores, is_ignored

_SUFFIXES = (".yaml", ".yml", ".json", ".toml", ".sh", ".sbatch", ".slurm", ".sub", ".env")
_ENVIRONMENT_MARKS = frozenset({"pyvenv.cfg", "conda-meta"})
_PASSED_OVER = frozenset({"node_modules", "site-packages", "__pycache__", "wandb", "outputs", "build", "dist"})
_SNIFFED = 32 * 1024
_SIGNS = re.compile(
    rb"per_device_train_batch_size|zero_optimization|train_micro_batch_size_per_gpu|compute_environment|distributed_type"
    rb"|#SBATCH|torchrun|torch\.distributed\.|accelerate launch|^\s*(?:srun .*)?deepspeed |vllm serve|vllm\.entrypoints"
    rb"|^trainer:|^defaults:|^\s*accelerator:|IMS_PER_BATCH|optim_wrapper|train_dataloader|nvidia\.com/|amd\.com/gpu"
    rb"|driver: nvidia|capabilities:|^imgsz:|CUDA_VISIBLE_DEVICES|^\s*\"?(?:train_)?batch_size\"?\s*[:=]"
    rb"|^\s*num_workers\s*[:=]|--gpus[ =]|--batch[-_]size|--num[-_]workers",
    re.MULTILINE,
)
MOST_FILES = 200
MOST_ENTRIES = 50_000
MOST_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Discovered:
    """Files that look like launch files, relative to the folder; `note` says if the search ended early."""

    paths: tuple[str, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """What one launch file and those that it names ask for."""

    path: str
    plan: LaunchPlan
    failures: tuple[Failure, ...]


def discover(folder: Path) -> Discovered:
    """The launch files in a folder and below, without what git ignores; bounded in number and time.

    Python configs are not looked for: projects that have them keep hundreds. Name the one that is meant.
    """
    folder = Path(os.path.abspath(folder))
    found: list[str] = []
    note = None
    deadline = time.monotonic() + MOST_SECONDS
    for seen, file in enumerate(_files(folder)):
        if seen >= MOST_ENTRIES or len(found) >= MOST_FILES or time.monotonic() > deadline:
            note = f"stopped looking for launch files after {len(found)} of them; name those that matter"
            break
        if _looks_right(file):
            found.append(file.relative_to(folder).as_posix())
    return Discovered(tuple(sorted(found)), note)


def jobs(folder: Path) -> tuple[tuple[Job, ...], str | None]:
    """One job for each launch file that no other one names, and the note of `discover`; `.env` belongs to all."""
    found = discover(folder)
    common = [path for path in found.paths if path == ".env"]
    read: dict[str, Job] = {}
    named: set[Path] = set()
    for path in found.paths:
        session = Session(folder)
        for each in dict.fromkeys((*common, path)):
            session.read(each, must_be_known=False)
        plan = session.plan()
        if plan.settings() or plan.environment or plan.unknown or session.failures:
            read[path] = Job(path, plan, session.failures)
        named |= session.used - {Path(os.path.abspath(folder / each)) for each in (*common, path)}
    alone = [job for path, job in read.items() if Path(os.path.abspath(folder / path)) not in named]
    others = [job for job in alone if job.path not in common]
    return tuple(others or alone), found.note


def _files(folder: Path) -> Iterator[Path]:
    """Files by name; hidden folders, environments and what git ignores are left out, links are not followed."""
    git = GitIgnores()
    pending = [(folder, git.rules_for(folder))]
    while pending:
        place, rules = pending.pop()
        try:
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError:
            continue
        if place != folder and any(entry.name in _ENVIRONMENT_MARKS for entry in entries):
            continue
        rules = git.within(place, rules)
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            hidden = entry.name.startswith(".") if is_folder else not _is_candidate(entry.name)
            if hidden or (is_folder and entry.name in _PASSED_OVER):
                continue
            path = Path(entry.path)
            if is_ignored(path, rules, is_folder=is_folder):
                continue
            if is_folder:
                pending.append((path, rules))
            else:
                yield path


def _is_candidate(name: str) -> bool:
    return name.lower().endswith(_SUFFIXES) or name == ".env"


def _looks_right(file: Path) -> bool:
    try:
        if file.stat().st_size > LARGEST:
            return False
        with file.open("rb") as stream:
            return bool(_SIGNS.search(stream.read(_SNIFFED)))
    except OSError:
        return False
