"""XDC403."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import processes, usable_cpus
from devlint.doctor.checks.words import in_its_place
from devlint.findings import Confidence, RuleMeta, Severity


class WorkersZero(Check):
    """A GPU job loads its data without workers, and CPUs are idle

    ## What it does
    Looks for GPU jobs with fewer than 2 workers where at least 2 CPUs a process are left for them.

    ## Why is this bad
    Without workers the GPU waits while the main process reads and transforms each batch.

    ## Example
    ```yaml
    dataloader_num_workers: 0
    ```

    ## Use instead
    ```yaml
    dataloader_num_workers: 4
    ```

    ## Known problems
    Data that are in memory already gain nothing from workers.

    ## References
    - [Lightning: speed up training](https://lightning.ai/docs/pytorch/stable/advanced/speed.html)
    """

    meta = RuleMeta(
        "XDC403",
        "workers-zero",
        "a GPU job that loads its data in the main process",
        Severity.INFO,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Workers against spare CPUs."""
        setting = case.asked("workers", "a number of workers")
        if not case.plan.wants_gpu:
            raise DoesNotApply("no config says that the job uses a GPU")
        if case.plan.containerised is not None and case.plan.shm is None and case.plan.ipc_host is None:
            raise DoesNotApply("the container's shared memory is too small for workers")
        here, cpus = processes(case), usable_cpus(case)
        spare = cpus.value // here.value - 1
        if setting.value >= 2 or spare < 2:
            yield Passed(f"{setting.value} workers a process" if setting.value >= 2 else "there are no CPUs to spare")
            return
        yield Problem(
            message=f"`{setting.key}` is {setting.value}, and {spare} more CPUs a process are idle",
            consequence="the GPU waits while the main process loads each batch",
            error_text="The 'train_dataloader' does not have many workers which may be a bottleneck.",
            fix="Let workers load it, if loading is what takes the time:",
            command=in_its_place(setting, min(spare, 8)),
            setting=setting,
            fact="cpu.threads",
            evidence=f"{cpus.how} {cpus.value} CPUs",
        )
