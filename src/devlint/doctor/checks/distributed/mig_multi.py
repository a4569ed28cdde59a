"""XDC506."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import gpus_asked, nvidia_gpus, variable, visible_gpus
from devlint.doctor.plan import Setting
from devlint.findings import Confidence, RuleMeta, Severity


class MigMulti(Check):
    """Several processes or several MIG instances are given where CUDA can use one

    ## What it does
    Looks for more than one MIG instance in `CUDA_VISIBLE_DEVICES`, and for jobs of several processes on a GPU in MIG
    mode.

    ## Why is this bad
    A process can use one MIG instance only, and NCCL does not work between instances: two ranks on one GPU are a
    "duplicate GPU".

    ## Example
    ```shell
    CUDA_VISIBLE_DEVICES=MIG-a1...,MIG-b2... torchrun --nproc-per-node 2 train.py
    ```

    ## Use instead
    ```shell
    CUDA_VISIBLE_DEVICES=MIG-a1... python train.py
    ```

    ## Known problems
    None known.

    ## References
    - [pytorch/pytorch#102715](https://github.com/pytorch/pytorch/issues/102715)
    - [pytorch/pytorch#130181](https://github.com/pytorch/pytorch/issues/130181)
    - [MIG user guide](https://docs.nvidia.com/datacenter/tesla/mig-user-guide/)
    """

    meta = RuleMeta(
        "XDC506",
        "mig-multi",
        "several processes or instances on one MIG slice",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The variable, then the processes."""
        gpus = nvidia_gpus(case)
        if not any(gpu.mig_mode for gpu in gpus):
            raise DoesNotApply("no GPU is in MIG mode")
        limit = variable(case, "CUDA_VISIBLE_DEVICES")
        named = [entry for entry in limit.value.split(",") if entry.startswith("MIG-")] if limit is not None else []
        wanted = gpus_asked(case)
        seen = visible_gpus(case)
        sliced = bool(seen) and all(gpu.mig_mode for gpu in seen)
        if len(named) > 1 and limit is not None:
            message = f"{limit.name} names {len(named)} MIG instances"
            yield _problem(message, "CUDA uses the first and drops the others", limit.setting, limit.fact)
        elif sliced and wanted is not None and wanted.value > 1:
            message = f"{wanted.how}, on a GPU in MIG mode"
            yield _problem(
                message, "CUDA shows each process the same instance", wanted.setting, f"gpus.{seen[0].index}.mig_mode"
            )
        else:
            yield Passed("one process uses one MIG instance" if sliced else "the job uses whole GPUs")


def _problem(message: str, consequence: str, setting: Setting[Any] | None, fact: str | None) -> Problem:
    return Problem(
        message=message,
        consequence=f"{consequence}, and NCCL refuses several ranks on it",
        error_text="ncclInvalidUsage: Duplicate GPU detected : rank 0 and rank 1 both on CUDA device",
        fix="Run one process for each instance, each with its own job, or switch MIG off for one large job:",
        command="nvidia-smi -L  # then: CUDA_VISIBLE_DEVICES=MIG-<uuid> python train.py",
        setting=setting,
        fact=fact,
        evidence="the GPU is in MIG mode",
    )
