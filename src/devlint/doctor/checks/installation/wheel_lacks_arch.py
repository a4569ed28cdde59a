"""XDC106."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.builds import install_torch, is_before, torch_build, wheel_gaps
from devlint.doctor.checks.words import dots, label
from devlint.findings import Confidence, RuleMeta, Severity


class WheelLacksArch(Check):
    """The installed torch has no code for a GPU that is newer than it

    ## What it does
    Compares each GPU's compute capability with the architectures that the installed torch was built for.

    ## Why is this bad
    A build holds machine code for a list of architectures. A GPU newer than all of them gets a warning at start and "no
    kernel image is available" at its first operation.

    ## Example
    ```console
    $ python -c "import torch; torch.zeros(1).cuda() + 1"      # RTX 5090, torch 2.6.0+cu124
    NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current PyTorch installation.
    RuntimeError: CUDA error: no kernel image is available for execution on the device
    ```

    ## Use instead
    ```console
    $ pip install --force-reinstall torch --index-url https://download.pytorch.org/whl/cu128
    ```

    ## Known problems
    Builds that hold PTX of the newest architecture run on newer GPUs after compiling at first use; where the list says
    so, this passes.

    ## References
    - [pytorch/pytorch#150733](https://github.com/pytorch/pytorch/issues/150733)
    - [torch.cuda.get_arch_list](https://pytorch.org/docs/stable/generated/torch.cuda.get_arch_list.html)
    """

    meta = RuleMeta(
        "XDC106",
        "wheel-lacks-arch",
        "a GPU that is too new for the installed torch",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each GPU against the list."""
        found, built = wheel_gaps(case)
        problems: list[Verdict] = [
            Problem(
                message=f"{label(gpu)} (compute capability {dots(gpu)}) is newer than torch "
                f"{torch_build(case).version}",
                consequence=f"that build has code only for {' '.join(built)}, so the first operation on the GPU fails",
                error_text="CUDA error: no kernel image is available for execution on the device",
                fix="Install a build that has code for it:",
                command=install_torch(case, gpu),
                setting=case.plan.device_type if case.plan.wants_gpu else None,
                fact=f"gpus.{gpu.index}.compute_capability",
                evidence=f"{label(gpu)} has compute capability {dots(gpu)}",
            )
            for gpu in found
            if not is_before(gpu, built)
        ]
        yield from problems or [Passed(f"torch {torch_build(case).version} is not older than its GPU")]
