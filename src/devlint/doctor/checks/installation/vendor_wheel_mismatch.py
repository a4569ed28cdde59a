"""XDC102."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.builds import install_torch, torch_build
from devlint.doctor.checks.reading import wanted_gpus
from devlint.doctor.checks.words import label
from devlint.doctor.facts import GpuVendor
from devlint.findings import Confidence, RuleMeta, Severity


class VendorWheelMismatch(Check):
    """The installed torch is built for another vendor's GPUs

    ## What it does
    Compares the build of torch (CUDA or ROCm) with the vendor of the GPUs.

    ## Why is this bad
    A CUDA build drives NVIDIA GPUs only, a ROCm build AMD's only. With the wrong one `torch.cuda.is_available()` is
    False. Plain `pip install torch` on Linux gives the CUDA build, also on a machine with an AMD GPU.

    ## Example
    ```console
    $ pip install torch          # CUDA build, on a machine with an Instinct MI250
    $ python -c "import torch; print(torch.cuda.is_available())"
    False
    ```

    ## Use instead
    ```console
    $ pip install --force-reinstall torch --index-url https://download.pytorch.org/whl/rocm6.4
    ```

    ## Known problems
    Without a config that asks for a GPU, an AMD GPU beside a CUDA build is only a note: it may be the one built into
    the processor.

    ## References
    - [Install PyTorch](https://pytorch.org/get-started/locally/)
    - [XPixelGroup/HAT#85](https://github.com/XPixelGroup/HAT/issues/85)
    """

    meta = RuleMeta(
        "XDC102",
        "vendor-wheel-mismatch",
        "a torch built for another vendor's GPUs",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Vendor of the build against vendors of the hardware."""
        gpus = wanted_gpus(case, GpuVendor.NVIDIA, GpuVendor.AMD)
        torch = torch_build(case)
        build = case.need(torch.build, "torch.build", "the build of torch")
        vendor = {"cuda": GpuVendor.NVIDIA, "rocm": GpuVendor.AMD}.get(build)
        if vendor is None:
            raise DoesNotApply(f"torch {torch.version} is a {build} build")
        if any(gpu.vendor is vendor for gpu in gpus):
            yield Passed(f"torch {torch.version} is a {build} build, which is right for {label(gpus[0])}")
            return
        yield Problem(
            message=f"torch {torch.version} is a {build} build, and the GPU is {label(gpus[0])}",
            consequence="torch does not see the GPU: `torch.cuda.is_available()` is False",
            fix="Install the build for this GPU:",
            command=install_torch(case, gpus[0]),
            setting=case.plan.device_type if case.plan.wants_gpu else None,
            fact="torch.build",
            evidence=f"torch {torch.version} is built for {build}",
            severity=Severity.ERROR if case.plan.wants_gpu else Severity.INFO,
        )
