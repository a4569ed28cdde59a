"""XDC210."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from devlint.doctor.checks.base import CannotTell, Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import capability, nvidia_job_gpus
from devlint.doctor.checks.script import script_of
from devlint.doctor.checks.words import dots, label
from devlint.findings import Confidence, RuleMeta, Severity


class Tf32Off(Check):
    """The job computes in float32, and TensorFloat32 is left off

    ## What it does
    For float32 jobs on GPUs from Ampere on, looks whether a config or the script allows TensorFloat32.

    ## Why is this bad
    Tensor cores multiply float32 matrices with 10 bits of mantissa several times faster. torch leaves this off for
    matrix products unless told, since some numerical code needs all digits. Lightning prints a hint about it.

    ## Example
    ```python
    import torch

    model = torch.nn.Linear(4096, 4096).cuda()
    ```

    ## Use instead
    ```python
    import torch

    torch.set_float32_matmul_precision("high")
    model = torch.nn.Linear(4096, 4096).cuda()
    ```

    ## Known problems
    Without the script at hand the check cannot tell. Other modules that the script imports are not read.

    ## References
    - [torch.set_float32_matmul_precision](https://pytorch.org/docs/stable/generated/torch.set_float32_matmul_precision.html)
    - [TensorFloat32 on Ampere](https://pytorch.org/docs/stable/notes/cuda.html#tensorfloat-32-tf32-on-ampere-and-later-devices)
    """

    meta = RuleMeta(
        "XDC210",
        "tf32-off",
        "float32 products on a GPU with TensorFloat32 that is left off",
        Severity.INFO,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Configs first, then the script."""
        plan = case.plan
        setting = case.asked("precision", "a precision")
        if setting.value != "fp32":
            raise DoesNotApply(f"the job computes in {setting.value}")
        new = [gpu for gpu in nvidia_job_gpus(case) if capability(case, gpu) >= (8, 0)]
        if not new:
            raise DoesNotApply("the GPU has no TensorFloat32")
        if plan.tf32 is not None and plan.tf32.value:
            yield Passed(f"`{plan.tf32.key}` allows TensorFloat32")
            return
        if plan.script is None:
            raise CannotTell("no config names the script, which may allow TensorFloat32 itself")
        words = {node.attr for node in ast.walk(script_of(case).tree) if isinstance(node, ast.Attribute)}
        if words & {"set_float32_matmul_precision", "allow_tf32", "fp32_precision"}:
            yield Passed("the script sets the precision of float32 products")
            return
        yield Problem(
            message=f"`{setting.key}` is {setting.value}, and nothing allows TensorFloat32 on {label(new[0])}",
            consequence="matrix products do not use the tensor cores and are several times slower than they could be",
            error_text="You are using a CUDA device that has Tensor Cores. To properly utilize them, you should set "
            "`torch.set_float32_matmul_precision('medium' | 'high')`",
            fix="If 10 bits of mantissa will do, write at the top of the script:",
            command='torch.set_float32_matmul_precision("high")',
            setting=setting,
            fact=f"gpus.{new[0].index}.compute_capability",
            evidence=f"{label(new[0])} has compute capability {dots(new[0])}, TensorFloat32 begins at 8.0",
        )
