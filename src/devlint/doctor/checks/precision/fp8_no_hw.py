"""XDC206."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.reading import asked_for, capability, gpu_below
from devlint.doctor.checks.words import dots, in_its_place, label
from devlint.findings import Confidence, RuleMeta, Severity


class Fp8NoHw(Check):
    """The job computes in float8, and the GPU has no float8

    ## What it does
    Looks for float8 (Transformer Engine, accelerate's `fp8`) on GPUs below compute capability 8.9.

    ## Why is this bad
    float8 begins with Ada (RTX 40, L4, L40) and Hopper. Transformer Engine refuses older GPUs; accelerate falls back to
    float16 with a warning.

    ## Example
    ```yaml
    # accelerate config, on an A100
    mixed_precision: fp8
    ```

    ## Use instead
    ```yaml
    mixed_precision: bf16
    ```

    ## Known problems
    AMD GPUs are not judged.

    ## References
    - [Transformer Engine](https://docs.nvidia.com/deeplearning/transformer-engine/user-guide/index.html)
    - [accelerate: low precision training](https://huggingface.co/docs/accelerate/usage_guides/low_precision_training)
    """

    meta = RuleMeta(
        "XDC206",
        "fp8-no-hw",
        "float8 on a GPU without it",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each GPU of the job."""
        setting = asked_for(case, "fp8")
        gpu = gpu_below(case, (8, 9))
        if gpu is None:
            yield Passed("the GPU computes in float8")
            return
        yield Problem(
            message=f"`{setting.key}` asks for float8, and {label(gpu)} (compute capability {dots(gpu)}) has none",
            consequence="Transformer Engine stops at its first layer",
            error_text="Device compute capability 8.9 or higher required for FP8 execution.",
            fix="Use bfloat16 (from 8.0 on) or float16:",
            command=in_its_place(setting, "bf16" if capability(case, gpu) >= (8, 0) else "fp16"),
            setting=setting,
            fact=f"gpus.{gpu.index}.compute_capability",
            evidence=f"{label(gpu)} has compute capability {dots(gpu)}, float8 begins at 8.9",
        )
