"""XDC209."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import gpu_below
from devlint.doctor.checks.words import dots, label
from devlint.findings import Confidence, RuleMeta, Severity


class Int8Cc(Check):
    """The job loads weights in 8 bits, and the GPU has no tensor cores for them

    ## What it does
    Looks for 8-bit quantisation (`load_in_8bit`) on GPUs below compute capability 7.5.

    ## Why is this bad
    bitsandbytes computes int8 products with tensor cores from Turing on, and takes a slow path on older GPUs.

    ## Example
    ```yaml
    # Tesla V100 (7.0)
    load_in_8bit: true
    ```

    ## Use instead
    ```yaml
    load_in_4bit: true
    ```

    ## Known problems
    None known.

    ## References
    - [bitsandbytes: installation](https://huggingface.co/docs/bitsandbytes/installation)
    """

    meta = RuleMeta(
        "XDC209",
        "int8-cc",
        "8-bit weights on a GPU without fast int8 products",
        Severity.WARNING,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each GPU of the job."""
        setting = case.asked("quantization", "a quantisation")
        if setting.value != "int8":
            raise DoesNotApply(f"the job quantises to {setting.value}")
        gpu = gpu_below(case, (7, 5))
        if gpu is None:
            yield Passed("the GPU has fast int8 products")
            return
        yield Problem(
            message=f"`{setting.key}` loads weights in 8 bits, and {label(gpu)} has compute capability {dots(gpu)}",
            consequence="8-bit products take a slow path there",
            error_text="WARNING: Compute capability < 7.5 detected! Only slow 8-bit matmul is supported for your GPU!",
            fix="Load in 4 bits or in float16:",
            command="load_in_4bit: true",
            setting=setting,
            fact=f"gpus.{gpu.index}.compute_capability",
            evidence=f"{label(gpu)} has compute capability {dots(gpu)}, fast int8 begins at 7.5",
        )
