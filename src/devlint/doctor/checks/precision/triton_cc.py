"""XDC208."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import gpu_below
from devlint.doctor.checks.words import dots, in_its_place, label
from devlint.findings import Confidence, RuleMeta, Severity


class TritonCc(Check):
    """The job compiles, and the GPU is too old for Triton

    ## What it does
    Looks for `torch.compile` on NVIDIA GPUs below compute capability 7.0.

    ## Why is this bad
    torch.compile writes its GPU kernels with Triton, which begins at Volta. On Pascal and older it fails at the first
    step.

    ## Example
    ```yaml
    # Tesla P100
    torch_compile: true
    ```

    ## Use instead
    ```yaml
    torch_compile: false
    ```

    ## Known problems
    None known.

    ## References
    - [karpathy/nanoGPT#157](https://github.com/karpathy/nanoGPT/issues/157)
    - [torch/_inductor/exc.py](https://github.com/pytorch/pytorch/blob/main/torch/_inductor/exc.py)
    """

    meta = RuleMeta(
        "XDC208",
        "triton-cc",
        "torch.compile on a GPU that Triton does not support",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each GPU of the job."""
        setting = case.asked("compile", "torch.compile")
        if not setting.value:
            raise DoesNotApply("the job does not compile")
        gpu = gpu_below(case, (7, 0))
        if gpu is None:
            yield Passed("the GPU is new enough for Triton")
            return
        yield Problem(
            message=f"`{setting.key}` compiles, and {label(gpu)} (compute capability {dots(gpu)}) is too old for "
            "Triton",
            consequence="the first step fails",
            error_text=f"RuntimeError: Found {label(gpu)} which is too old to be supported by the triton GPU compiler",
            fix="Switch compiling off:",
            command=in_its_place(setting, "false"),
            setting=setting,
            fact=f"gpus.{gpu.index}.compute_capability",
            evidence=f"{label(gpu)} has compute capability {dots(gpu)}, Triton begins at 7.0",
        )
