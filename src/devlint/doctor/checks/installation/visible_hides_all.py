"""XDC114."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor import visible
from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.reading import all_gpus, visibility
from devlint.doctor.checks.words import label
from devlint.doctor.facts import GpuVendor
from devlint.findings import Confidence, RuleMeta, Severity


class VisibleHidesAll(Check):
    """`CUDA_VISIBLE_DEVICES` hides every GPU

    ## What it does
    Reads `CUDA_VISIBLE_DEVICES` (`HIP_VISIBLE_DEVICES` on AMD) as torch does.

    ## Why is this bad
    Empty, `-1`, a word, or an id given twice all leave no device, and nothing says so: `is_available()` is simply
    False.

    ## Example
    ```shell
    CUDA_VISIBLE_DEVICES=0,0 python train.py --device cuda
    ```

    ## Use instead
    ```shell
    CUDA_VISIBLE_DEVICES=0 python train.py --device cuda
    ```

    ## Known problems
    Where no config says whether the job wants a GPU this is a warning, since the CPU may be meant.

    ## References
    - [CUDA environment variables](https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#env-vars)
    - [torch.cuda, _parse_visible_devices](https://github.com/pytorch/pytorch/blob/main/torch/cuda/__init__.py)
    """

    meta = RuleMeta(
        "XDC114",
        "visible-hides-all",
        "`CUDA_VISIBLE_DEVICES` that hides every GPU",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """What the value leaves."""
        gpus = all_gpus(case, GpuVendor.NVIDIA, GpuVendor.AMD)
        found = visibility(case)
        if found is None or case.plan.wants_gpu is False:
            yield Passed("no variable hides a GPU" if found is None else "the job runs on the CPU")
            return
        if visible.parse(found.value):
            yield Passed(f"{found.name}={found.value} leaves a GPU")
            return
        yield Problem(
            message=f'{found.name}="{found.value}" hides all {len(gpus)} GPUs'
            if len(gpus) > 1
            else f'{found.name}="{found.value}" hides the GPU',
            consequence=f"{_reason(found.value)}, so torch sees no device",
            error_text="RuntimeError: No CUDA GPUs are available",
            fix="Name the GPUs to use, or remove the variable:",
            command=f"export {found.name}=0",
            setting=found.setting,
            fact=found.fact or f"gpus.{gpus[0].index}",
            evidence=f"{found.name} is set to `{found.value}`" if found.fact else f"{label(gpus[0])} is there",
            severity=Severity.ERROR if case.plan.wants_gpu else Severity.WARNING,
        )


def _reason(value: str) -> str:
    entries = [entry.strip() for entry in value.split(",")]
    if not value.strip():
        return "an empty value names none"
    if len(set(entries)) < len(entries):
        return "an id that is given twice voids the list"
    return f"`{entries[0]}` names no GPU and ends the list"
