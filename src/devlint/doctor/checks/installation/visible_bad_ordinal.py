"""XDC115."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor import visible
from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import all_gpus, visibility, visible_gpus
from devlint.doctor.checks.words import plural
from devlint.doctor.facts import GpuVendor
from devlint.findings import Confidence, RuleMeta, Severity


class VisibleBadOrdinal(Check):
    """`CUDA_VISIBLE_DEVICES` names a GPU that is not there

    ## What it does
    Counts which entries of `CUDA_VISIBLE_DEVICES` torch keeps, reading it as torch does.

    ## Why is this bad
    The first entry that is no GPU drops itself and everything after it, silently. `0,9,1` on a machine with two GPUs
    leaves one. Text after digits is ignored: `1gpu` is 1.

    ## Example
    ```shell
    CUDA_VISIBLE_DEVICES=2,3 torchrun --nproc-per-node 2 train.py      # on a machine with two GPUs
    ```

    ## Use instead
    ```shell
    CUDA_VISIBLE_DEVICES=0,1 torchrun --nproc-per-node 2 train.py
    ```

    ## Known problems
    None known.

    ## References
    - [torch.cuda, _parse_visible_devices](https://github.com/pytorch/pytorch/blob/main/torch/cuda/__init__.py)
    - [CUDA environment variables](https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#env-vars)
    """

    meta = RuleMeta(
        "XDC115",
        "visible-bad-ordinal",
        "`CUDA_VISIBLE_DEVICES` that names GPUs which are not there",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """What is written against what is kept."""
        gpus = all_gpus(case, GpuVendor.NVIDIA, GpuVendor.AMD)
        found = visibility(case)
        if found is None:
            raise DoesNotApply("no variable hides a GPU")
        kept = visible.parse(found.value)
        if not kept:
            raise DoesNotApply("the variable hides every GPU: see `visible-hides-all`")
        if str(kept[0]).startswith("MIG-"):
            raise DoesNotApply("the variable names a MIG instance")
        written = found.value.split(",")
        left = len(visible_gpus(case))
        if left == len(written):
            yield Passed(f"{found.name}={found.value} names {left} GPUs")
            return
        yield Problem(
            message=f"`{written[left].strip()}` in {found.name}={found.value} is none of this machine's {len(gpus)} "
            "GPUs",
            consequence=f"torch drops it and all that follow, and sees {plural(left, 'GPU')}",
            error_text="CUDA error: invalid device ordinal",
            fix=f"Use numbers from 0 to {len(gpus) - 1}, or UUIDs from `nvidia-smi -L`:",
            command=f"export {found.name}={','.join(str(gpu.index) for gpu in gpus[: len(written)])}",
            setting=found.setting,
            fact=found.fact or "gpus",
            evidence=f"this machine has {len(gpus)} GPUs",
        )
