"""XDC214."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import variable
from devlint.findings import Confidence, RuleMeta, Severity


class MpsFallback(Check):
    """The job runs on Apple's GPU without a fallback for operators that it lacks

    ## What it does
    Looks for jobs on `mps` while `PYTORCH_ENABLE_MPS_FALLBACK` is not set.

    ## Why is this bad
    Some operators have no MPS version and raise NotImplementedError. With the variable set to 1 *before torch is
    imported* they run on the CPU.

    ## Example
    ```shell
    python train.py --device mps
    ```

    ## Use instead
    ```shell
    PYTORCH_ENABLE_MPS_FALLBACK=1 python train.py --device mps
    ```

    ## Known problems
    The fallback is slow and hides what is missing; leave it off if you want to know.

    ## References
    - [pytorch/pytorch#77764](https://github.com/pytorch/pytorch/issues/77764)
    - [pytorch/pytorch#86195](https://github.com/pytorch/pytorch/issues/86195)
    """

    meta = RuleMeta(
        "XDC214",
        "mps-fallback",
        "Apple's GPU without a fallback to the CPU",
        Severity.INFO,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The variable."""
        device = case.asked("device_type", "a device")
        if device.value != "mps":
            raise DoesNotApply(f"the job runs on {device.value}")
        found = variable(case, "PYTORCH_ENABLE_MPS_FALLBACK")
        if found is not None:
            yield Passed(f"PYTORCH_ENABLE_MPS_FALLBACK={found.value}")
            return
        yield Problem(
            message=f"`{device.key}` is mps, and PYTORCH_ENABLE_MPS_FALLBACK is not set",
            consequence="an operator without an MPS version stops the job",
            error_text="NotImplementedError: The operator is not currently implemented for the MPS device.",
            fix="Let such operators run on the CPU, set before Python starts:",
            command="export PYTORCH_ENABLE_MPS_FALLBACK=1",
            setting=device,
            fact="environment",
            evidence="PYTORCH_ENABLE_MPS_FALLBACK is not set",
        )
