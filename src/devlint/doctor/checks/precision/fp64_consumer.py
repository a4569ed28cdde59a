"""XDC205."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.reading import asked_for, capability, nvidia_job_gpus
from devlint.doctor.checks.words import dots, in_its_place, label
from devlint.findings import Confidence, RuleMeta, Severity


class Fp64Consumer(Check):
    """The job computes in float64 on a GPU with hardly any float64 units

    ## What it does
    Looks for float64 on GPUs other than those with full float64 rates (P100, V100, A100, H100 and B200).

    ## Why is this bad
    Consumer and inference GPUs compute float64 at 1/32 or 1/64 of the rate of float32.

    ## Example
    ```yaml
    trainer:
      precision: 64
    ```

    ## Use instead
    ```yaml
    trainer:
      precision: 32
    ```

    ## Known problems
    None known.

    ## References
    - [CUDA programming guide, arithmetic throughput](https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#arithmetic-instructions)
    """

    meta = RuleMeta(
        "XDC205",
        "fp64-consumer",
        "float64 on a GPU that computes it slowly",
        Severity.WARNING,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each GPU of the job."""
        setting = asked_for(case, "fp64")
        slow = [gpu for gpu in nvidia_job_gpus(case) if capability(case, gpu) not in _FULL_RATE]
        if not slow:
            yield Passed("the GPU has full float64 rates")
            return
        gpu = slow[0]
        yield Problem(
            message=f"`{setting.key}` asks for float64, and {label(gpu)} computes it at 1/32 of float32's rate or less",
            consequence="training is many times slower than in float32",
            fix="Use float32, or float64 only where the digits matter:",
            command=in_its_place(setting, "fp32"),
            setting=setting,
            fact=f"gpus.{gpu.index}.compute_capability",
            evidence=f"{label(gpu)} has compute capability {dots(gpu)}",
        )


_FULL_RATE = {(3, 5), (3, 7), (6, 0), (7, 0), (8, 0), (9, 0), (10, 0)}
"""Capabilities whose float64 rate is a half or a third of float32's."""
