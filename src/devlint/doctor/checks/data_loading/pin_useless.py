"""XDC407."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.words import in_its_place
from devlint.doctor.facts import GpuVendor
from devlint.findings import Confidence, RuleMeta, Severity


class PinUseless(Check):
    """Memory is pinned, and there is no GPU to copy to

    ## What it does
    Looks for `pin_memory` on jobs that run on the CPU or on machines without a GPU that uses it.

    ## Why is this bad
    Pinned memory speeds up copies to a GPU. Without one, torch warns and the extra thread is for nothing.

    ## Example
    ```shell
    python train.py --device cpu --pin_memory
    ```

    ## Use instead
    ```shell
    python train.py --device cpu
    ```

    ## Known problems
    None known.

    ## References
    - [Memory pinning](https://pytorch.org/docs/stable/data.html#memory-pinning)
    """

    meta = RuleMeta(
        "XDC407",
        "pin-useless",
        "pinned memory without a GPU to copy to",
        Severity.INFO,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The setting against what torch can use."""
        setting = case.asked("pin_memory", "pinned memory")
        if not setting.value:
            raise DoesNotApply("memory is not pinned")
        on_cpu = case.plan.wants_gpu is False
        if not on_cpu:
            gpus = case.need(case.facts.gpus, "gpus", "which GPUs this machine has")
            on_cpu = not any(gpu.vendor is not GpuVendor.APPLE for gpu in gpus)
        if not on_cpu:
            yield Passed("there is a GPU to copy to")
            return
        yield Problem(
            message=f"`{setting.key}` pins memory, and the job has no GPU to copy to",
            consequence="torch warns, and a thread runs for nothing",
            error_text="UserWarning: 'pin_memory' argument is set as true but no accelerator is found, then device "
            "pinned memory won't be used.",
            fix="Take it away:",
            command=in_its_place(setting, "false"),
            setting=setting,
            fact=None if case.plan.wants_gpu is False else "gpus",
            evidence="there is no GPU to copy pinned memory to",
            others=(case.plan.device_type,)
            if case.plan.wants_gpu is False and case.plan.device_type is not None
            else (),
        )
