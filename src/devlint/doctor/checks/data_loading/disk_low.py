"""XDC410."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import CannotTell, Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.fitting import memory_plan
from devlint.doctor.checks.words import GIB
from devlint.doctor.facts import Disk
from devlint.doctor.memory import show_bytes
from devlint.findings import Confidence, RuleMeta, Severity


class DiskLow(Check):
    """A disk that the job writes to is nearly full

    ## What it does
    Looks at the free space of the working directory, the caches and the temporary folder; where the model's size is
    known, compares it with two checkpoints.

    ## Why is this bad
    A full disk ends a training run while it saves, and often leaves a broken checkpoint behind.

    ## Example
    ```console
    $ df -h .
    Filesystem      Size  Used Avail Use% Mounted on
    /dev/nvme0n1p2  938G  936G  1.8G 100% /
    ```

    ## Use instead
    ```console
    $ huggingface-cli delete-cache
    $ HF_HOME=/data/huggingface python train.py --output_dir /data/run1
    ```

    ## Known problems
    Where nothing tells the model's size, 5 GiB are expected (1 GiB in the temporary folder).

    ## References
    - [Hugging Face: manage the cache](https://huggingface.co/docs/huggingface_hub/guides/manage-cache)
    """

    meta = RuleMeta(
        "XDC410",
        "disk-low",
        "a disk that is nearly full",
        Severity.WARNING,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each disk."""
        disks = case.need(case.facts.disks, "disks", "how much disk space is free")
        checkpoint = _checkpoint(case)
        problems: list[Verdict] = []
        for index, disk in enumerate(disks):
            free = case.need(disk.free, f"disks.{index}.free", f"how much is free in {disk.path}")
            need = GIB if disk.role == "temporary" else 5 * GIB
            if disk.role == "working-directory":
                need = max(need, 2 * checkpoint)
            if free < need:
                problems.append(_problem(disk, index, free, need))
        yield from problems or [Passed("every disk has room")]


def _checkpoint(case: Case) -> int:
    """The bytes of a checkpoint with the optimizer's state, 12 a parameter; 0 where the model's size is not known."""
    try:
        model, setup = memory_plan(case)
    except CannotTell:
        return 0
    return model.parameters * 12 if setup.training and setup.lora_rank is None else 0


def _problem(disk: Disk, index: int, free: int, need: int) -> Problem:
    variable_ = {"temporary": "TMPDIR", "hf-cache": "HF_HOME", "torch-cache": "TORCH_HOME"}.get(disk.role)
    return Problem(
        message=f"{disk.path} ({disk.role.replace('-', ' ')}) has {show_bytes(free)} free, and {show_bytes(need)} are "
        "needed",
        consequence="saving or downloading fails when it is full",
        error_text="OSError: [Errno 28] No space left on device",
        fix="Free space, or write to another disk:",
        command=f"export {variable_}=/path/with/space" if variable_ else f"du -xh {disk.path} | sort -h | tail",
        fact=f"disks.{index}.free",
        evidence=f"{show_bytes(free)} free",
    )
