"""XDC101."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.builds import install_torch, torch_build
from devlint.doctor.checks.reading import wanted_gpus
from devlint.doctor.checks.words import label
from devlint.doctor.facts import GpuVendor
from devlint.findings import Confidence, RuleMeta, Severity


class CpuOnlyTorch(Check):
    """The installed torch has no GPU support, and the machine has a GPU

    ## What it does
    Compares the build of the installed torch with the GPUs that the driver or the bus shows.

    ## Why is this bad
    A CPU-only build never sees a GPU, whatever the driver. Code that asks for one stops with "Torch not compiled with
    CUDA enabled"; code that asks `is_available()` first runs on the CPU, ten to a hundred times slower. On Windows,
    plain `pip install torch` gives this build.

    ## Example
    ```console
    $ pip install torch==2.9.1+cpu
    $ python train.py --device cuda
    AssertionError: Torch not compiled with CUDA enabled
    ```

    ## Use instead
    ```console
    $ pip install --force-reinstall torch --index-url https://download.pytorch.org/whl/cu128
    ```

    ## Known problems
    An AMD GPU counts only where a config asks for a GPU: many processors have one built in that torch cannot use.

    ## References
    - [pytorch/pytorch#28111](https://github.com/pytorch/pytorch/issues/28111)
    - [XPixelGroup/HAT#85](https://github.com/XPixelGroup/HAT/issues/85)
    - [Install PyTorch](https://pytorch.org/get-started/locally/)
    """

    meta = RuleMeta(
        "XDC101",
        "cpu-only-torch",
        "a CPU-only torch on a machine with a GPU",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The build against the hardware."""
        wanted = case.plan.wants_gpu
        gpus = wanted_gpus(case, GpuVendor.NVIDIA, GpuVendor.AMD) if wanted else wanted_gpus(case, GpuVendor.NVIDIA)
        torch = torch_build(case)
        build = case.need(torch.build, "torch.build", "the build of torch")
        if build != "cpu":
            yield Passed(f"torch {torch.version} is a {build} build")
            return
        yield Problem(
            message=f"torch {torch.version} is a CPU-only build, and this machine has {label(gpus[0])}",
            consequence="code that asks for the GPU stops, and code that looks first runs on the CPU",
            error_text="AssertionError: Torch not compiled with CUDA enabled",
            fix="Install a build that the GPU and its driver support:",
            command=install_torch(case, gpus[0]),
            setting=case.plan.device_type if wanted else None,
            fact="torch.build",
            evidence=f"torch {torch.version} was built without CUDA and ROCm",
            severity=Severity.ERROR if wanted else Severity.WARNING,
        )
