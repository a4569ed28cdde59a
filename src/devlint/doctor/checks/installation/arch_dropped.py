"""XDC107."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.builds import install_torch, is_before, torch_build, wheel_gaps
from devlint.doctor.checks.words import dots, label
from devlint.findings import Confidence, RuleMeta, Severity


class ArchDropped(Check):
    """The installed torch has dropped an old GPU

    ## What it does
    Compares each GPU's compute capability with the oldest architecture that the installed torch was built for.

    ## Why is this bad
    CUDA 13 removed Maxwell, Pascal and Volta, and PyTorch's builds for CUDA 12.8 and later left them out one by one:
    GTX 10, P100 and V100 need a build for CUDA 12.6.

    ## Example
    ```console
    $ python -c "import torch; torch.zeros(1).cuda() + 1"      # GTX 1080 Ti, torch 2.9.1+cu130
    RuntimeError: CUDA error: no kernel image is available for execution on the device
    ```

    ## Use instead
    ```console
    $ pip install --force-reinstall torch --index-url https://download.pytorch.org/whl/cu126
    ```

    ## Known problems
    None known.

    ## References
    - [CUDA 13.0 release notes](https://docs.nvidia.com/cuda/archive/13.0.0/cuda-toolkit-release-notes/)
    - [PyTorch release builds](https://github.com/pytorch/pytorch/blob/main/RELEASE.md)
    """

    meta = RuleMeta(
        "XDC107",
        "arch-dropped",
        "a GPU that the installed torch no longer supports",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each GPU against the list."""
        found, built = wheel_gaps(case)
        problems: list[Verdict] = [
            Problem(
                message=f"{label(gpu)} (compute capability {dots(gpu)}) is no longer in torch "
                f"{torch_build(case).version}",
                consequence=f"that build begins at {built[0]}, so the first operation on the GPU fails",
                error_text="CUDA error: no kernel image is available for execution on the device",
                fix="Install the build for an older CUDA:",
                command=install_torch(case, gpu),
                setting=case.plan.device_type if case.plan.wants_gpu else None,
                fact=f"gpus.{gpu.index}.compute_capability",
                evidence=f"{label(gpu)} has compute capability {dots(gpu)}",
            )
            for gpu in found
            if is_before(gpu, built)
        ]
        yield from problems or [Passed(f"torch {torch_build(case).version} has not dropped its GPU")]
