"""XDC104."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.catalog.wheels import driver_floor, toolkit_driver
from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.builds import install_torch, torch_build
from devlint.doctor.checks.reading import wanted_gpus
from devlint.doctor.checks.words import cuda_version, is_older
from devlint.doctor.facts import GpuVendor
from devlint.findings import Confidence, RuleMeta, Severity


class DriverTooOld(Check):
    """The NVIDIA driver is too old for the CUDA that torch was built with

    ## What it does
    Compares the driver with the least one that CUDA's major version needs, and, where the job compiles, with the one
    that came with exactly that CUDA.

    ## Why is this bad
    Every CUDA major version has a floor: 11.x needs driver 450, 12.x needs 525 (528 on Windows), 13.x needs 580. Below
    it CUDA does not start; the number in torch's message is a CUDA version (`11040` is 11.4), not a driver. Between the
    floor and the toolkit's own driver CUDA works, but the driver may refuse code that `torch.compile` or Triton produce
    ("the provided PTX was compiled with an unsupported toolchain"), which is a note.

    ## Example
    ```console
    $ nvidia-smi --query-gpu=driver_version --format=csv,noheader
    470.256.02
    $ python -c "import torch; print(torch.__version__); torch.zeros(1).cuda()"
    2.9.1+cu128
    RuntimeError: The NVIDIA driver on your system is too old (found version 11040).
    ```

    ## Use instead
    ```console
    $ sudo apt install nvidia-driver-580      # or a torch for an older CUDA
    ```

    ## Known problems
    Data-centre cards can run newer CUDA on older drivers with the `cuda-compat` package, which is not looked for.

    ## References
    - [CUDA release notes, table of driver versions](https://docs.nvidia.com/cuda/cuda-toolkit-release-notes/)
    - [CUDA minor version compatibility](https://docs.nvidia.com/deploy/cuda-compatibility/)
    - [lllyasviel/Fooocus#1313](https://github.com/lllyasviel/Fooocus/issues/1313)
    """

    meta = RuleMeta(
        "XDC104",
        "driver-too-old",
        "a driver that is too old for the CUDA of torch",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The driver against the floor and against the toolkit's own."""
        gpus = wanted_gpus(case, GpuVendor.NVIDIA)
        text = torch_build(case).cuda
        if text is None and torch_build(case).build not in (None, "cuda"):
            raise DoesNotApply("torch is not a CUDA build")
        cuda = case.need(text, "torch.cuda", "the CUDA version of torch")
        system = case.need(case.facts.host, "host", "the operating system").system
        known = case.need(case.facts.nvidia_driver, "nvidia_driver", "the NVIDIA driver")
        driver = case.need(known.version, "nvidia_driver.version", "the NVIDIA driver's version")
        floor = case.need(
            driver_floor(cuda_version(cuda), system), "nvidia_driver", f"the driver that CUDA {cuda} needs"
        )
        own = toolkit_driver(cuda_version(cuda), system)
        if is_older(driver, floor):
            brought = f" (found version {known.cuda[0] * 1000 + known.cuda[1] * 10})" if known.cuda else ""
            yield Problem(
                message=f"driver {driver} is too old for torch's CUDA {cuda}, which needs {floor} or newer",
                consequence="CUDA does not start",
                error_text=f"RuntimeError: The NVIDIA driver on your system is too old{brought}.",
                fix=f"Upgrade the driver to {floor} or newer, or install a torch that this driver can start:",
                command=install_torch(case, gpus[0]),
                fact="nvidia_driver.version",
                evidence=f"driver {driver}",
            )
        elif own is not None and is_older(driver, own) and case.plan.compile is not None and case.plan.compile.value:
            yield Problem(
                message=f"driver {driver} is older than {own}, which came with torch's CUDA {cuda}, and the job "
                "compiles",
                consequence="CUDA starts, but the driver may refuse code that was compiled for the newer CUDA",
                error_text="the provided PTX was compiled with an unsupported toolchain",
                fix=f"Upgrade the driver to {own} or newer if compiled kernels fail, or switch compiling off:",
                command="TORCH_COMPILE_DISABLE=1",
                setting=case.plan.compile,
                fact="nvidia_driver.version",
                evidence=f"driver {driver}",
                severity=Severity.INFO,
            )
        else:
            yield Passed(f"driver {driver} can start CUDA {cuda}, which needs {floor}")
