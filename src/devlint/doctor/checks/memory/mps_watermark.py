"""XDC315."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.builds import torch_build
from devlint.doctor.checks.fitting import memory_plan
from devlint.doctor.checks.words import in_its_place
from devlint.doctor.memory import estimate, largest_batch, show_bytes
from devlint.findings import Confidence, RuleMeta, Severity


class MpsWatermark(Check):
    """The job needs more than Apple's GPU may use of the unified memory

    ## What it does
    For jobs on `mps`, compares the estimated peak with `torch.mps.recommended_max_memory()`.

    ## Why is this bad
    The GPU shares RAM but may use only part of it, about two thirds to three quarters. Beyond it torch stops at its
    "watermark", or the system swaps.

    ## Example
    ```shell
    python train.py --device mps --params 1.5B --batch-size 8      # 16 GiB MacBook
    ```

    ## Use instead
    ```shell
    python train.py --device mps --params 1.5B --batch-size 1 --lora 16
    ```

    ## Known problems
    `PYTORCH_MPS_HIGH_WATERMARK_RATIO=0.0` lifts torch's limit; the system may then freeze.

    ## References
    - [MPS environment variables](https://pytorch.org/docs/stable/mps_environment_variables.html)
    """

    meta = RuleMeta(
        "XDC315",
        "mps-watermark",
        "a model beyond what Apple's GPU may use of RAM",
        Severity.WARNING,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The estimate against the limit."""
        device = case.asked("device_type", "a device")
        if device.value != "mps":
            raise DoesNotApply(f"the job runs on {device.value}")
        known = torch_build(case).recommended_mps_memory
        limit = case.need(known, "torch.recommended_mps_memory", "how much memory Apple's GPU may use")
        model, setup = memory_plan(case)
        peak = estimate(model, setup).peak
        if peak.likely <= limit:
            yield Passed(f"the job needs {peak} of {show_bytes(limit)}")
            return
        setting = case.plan.micro_batch or case.plan.batch or case.plan.parameters or device
        yield Problem(
            message=f"the job needs {peak}, and Apple's GPU may use {show_bytes(limit)}",
            consequence="it stops, or the system swaps",
            error_text="RuntimeError: MPS backend out of memory",
            fix="Use a smaller batch or model, or train adapters:",
            command=in_its_place(setting, max(1, largest_batch(model, setup, limit).likely))
            if setting in (case.plan.micro_batch, case.plan.batch)
            else "--lora 16",
            setting=setting,
            fact="torch.recommended_mps_memory",
            evidence=f"the system recommends at most {show_bytes(limit)}",
        )
