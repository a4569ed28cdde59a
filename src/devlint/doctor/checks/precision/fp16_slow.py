"""XDC204."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.reading import asked_for, capability, nvidia_job_gpus
from devlint.doctor.checks.words import dots, in_its_place, label
from devlint.findings import Confidence, RuleMeta, Severity


class Fp16Slow(Check):
    """The job computes in float16 on a GPU where that is slower than float32

    ## What it does
    Looks for float16 on Maxwell and consumer Pascal GPUs (compute capability 5.x and 6.1).

    ## Why is this bad
    A GTX 1080 Ti computes 11340 GFLOP/s in float32 and 177 in float16. Half precision saves memory there, not time.

    ## Example
    ```yaml
    # GTX 1080 Ti
    fp16: true
    ```

    ## Use instead
    ```yaml
    fp16: false
    ```

    ## Known problems
    Matrix products in float16 are computed in float32 by cuBLAS where it can, so the loss is smaller for them.

    ## References
    - [CUDA programming guide, arithmetic throughput](https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#arithmetic-instructions)
    """

    meta = RuleMeta(
        "XDC204",
        "fp16-slow",
        "float16 on a GPU that computes it slowly",
        Severity.WARNING,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each GPU of the job."""
        setting = asked_for(case, "fp16")
        slow = [gpu for gpu in nvidia_job_gpus(case) if capability(case, gpu) in _SLOW]
        if not slow:
            yield Passed("the GPU is not slower in float16")
            return
        gpu = slow[0]
        yield Problem(
            message=f"`{setting.key}` asks for float16, and {label(gpu)} (compute capability {dots(gpu)}) is slow at "
            "it",
            consequence="it saves memory but computes up to 64 times slower than in float32",
            fix="Use float32 unless the memory is needed:",
            command=in_its_place(setting, "fp32"),
            setting=setting,
            fact=f"gpus.{gpu.index}.compute_capability",
            evidence=f"{label(gpu)} has compute capability {dots(gpu)}",
        )


_SLOW = {(5, 0), (5, 2), (6, 1)}
"""Capabilities with a float16 rate of 1/64 of float32's, or none (CUDA programming guide, arithmetic instructions)."""
