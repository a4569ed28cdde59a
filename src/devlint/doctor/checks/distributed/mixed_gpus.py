"""XDC508."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import job_gpus, memory_of, processes
from devlint.doctor.checks.words import label
from devlint.doctor.memory import show_bytes
from devlint.findings import Confidence, RuleMeta, Severity


class MixedGpus(Check):
    """The job runs on GPUs of different kinds

    ## What it does
    Compares the names, capabilities and memory of the GPUs that the job uses.

    ## Why is this bad
    Every step waits for the slowest GPU, and the batch must fit the one with the least memory.

    ## Example
    ```shell
    torchrun --nproc-per-node 2 train.py      # an RTX 4090 and an RTX 3060
    ```

    ## Use instead
    ```shell
    CUDA_VISIBLE_DEVICES=0 python train.py
    ```

    ## Known problems
    None known.

    ## References
    - [DistributedDataParallel](https://pytorch.org/docs/stable/generated/torch.nn.parallel.DistributedDataParallel.html)
    """

    meta = RuleMeta(
        "XDC508",
        "mixed-gpus",
        "different GPUs in one job",
        Severity.WARNING,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The GPUs of the job among themselves."""
        gpus = job_gpus(case)
        if len(gpus) < 2:
            raise DoesNotApply("the job uses one GPU")
        memories = [memory_of(case, gpu) for gpu in gpus]
        kinds = {(gpu.compute_capability, gpu.gfx) for gpu in gpus}
        if len(kinds) == 1 and max(memories) < min(memories) * 1.1:
            yield Passed(f"all {len(gpus)} GPUs are alike")
            return
        smallest = min(gpus, key=lambda gpu: gpu.memory_total or 0)
        names = ", ".join(dict.fromkeys(f"{label(gpu)} with {show_bytes(gpu.memory_total or 0)}" for gpu in gpus))
        yield Problem(
            message=f"the job uses different GPUs: {names}",
            consequence=f"every step waits for the slowest, and the batch must fit into {show_bytes(min(memories))}",
            fix="Use GPUs of one kind, or choose the batch for the smallest:",
            command=f"export CUDA_VISIBLE_DEVICES={max(gpus, key=lambda gpu: gpu.memory_total or 0).index}",
            setting=processes(case).setting,
            fact=f"gpus.{smallest.index}.memory_total",
            evidence=f"{label(smallest)} has {show_bytes(min(memories))}",
        )
