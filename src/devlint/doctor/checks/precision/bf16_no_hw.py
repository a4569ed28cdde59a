"""XDC201."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.reading import asked_for, gpu_below
from devlint.doctor.checks.words import dots, in_its_place, label
from devlint.findings import Confidence, RuleMeta, Severity


class Bf16NoHw(Check):
    """The job computes in bfloat16, and the GPU has no bfloat16

    ## What it does
    Compares the precision that a config asks for with the compute capability of the GPUs that the job uses.

    ## Why is this bad
    NVIDIA GPUs compute in bfloat16 from capability 8.0 (Ampere) on. vLLM refuses older ones; torch emulates: the
    numbers are right, and it is slower than float32. `torch.cuda.is_bf16_supported()` says True all the same.

    ## Example
    ```yaml
    # on a Tesla T4 (capability 7.5)
    trainer:
      precision: bf16-mixed
    ```

    ## Use instead
    ```yaml
    trainer:
      precision: 16-mixed
    ```

    ## Known problems
    AMD GPUs are not judged: those that ROCm supports have bfloat16.

    ## References
    - [vllm-project/vllm#1157](https://github.com/vllm-project/vllm/issues/1157)
    - [vllm-project/vllm#946](https://github.com/vllm-project/vllm/issues/946)
    - [torch.cuda.is_bf16_supported](https://pytorch.org/docs/stable/generated/torch.cuda.is_bf16_supported.html)
    """

    meta = RuleMeta(
        "XDC201",
        "bf16-no-hw",
        "bfloat16 on a GPU without it",
        Severity.WARNING,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each GPU of the job."""
        setting = asked_for(case, "bf16")
        vllm = case.plan.framework is not None and case.plan.framework.value == "vllm"
        gpu = gpu_below(case, (8, 0))
        if gpu is None:
            yield Passed("the GPU computes in bfloat16")
            return
        yield Problem(
            message=f"`{setting.key}` asks for bfloat16, and {label(gpu)} (compute capability {dots(gpu)}) has none",
            consequence="vLLM stops" if vllm else "torch emulates it, which is slower than float32",
            error_text="ValueError: Bfloat16 is only supported on GPUs with compute capability of at least 8.0."
            if vllm
            else None,
            fix="Use float16 (with a GradScaler when training) or float32:",
            command=in_its_place(setting, "half" if vllm else "fp16"),
            setting=setting,
            fact=f"gpus.{gpu.index}.compute_capability",
            evidence=f"{label(gpu)} has compute capability {dots(gpu)}, bfloat16 begins at 8.0",
            severity=Severity.ERROR if vllm else Severity.WARNING,
        )
