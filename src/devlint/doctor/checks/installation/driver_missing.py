"""XDC103."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import wanted_gpus
from devlint.doctor.checks.words import label
from devlint.doctor.facts import GpuVendor
from devlint.findings import Confidence, RuleMeta, Severity


class DriverMissing(Check):
    """There is an NVIDIA GPU and no driver

    ## What it does
    Looks for NVIDIA cards on the bus that no driver answers for.

    ## Why is this bad
    Without the kernel driver nothing can use the card. torch brings CUDA's libraries, never the driver.

    ## Example
    ```console
    $ lspci | grep -i nvidia
    01:00.0 VGA compatible controller: NVIDIA Corporation GA106 [GeForce RTX 3060]
    $ nvidia-smi
    nvidia-smi: command not found
    ```

    ## Use instead
    ```console
    $ sudo ubuntu-drivers install      # Ubuntu; others: the distribution's own package
    $ sudo reboot
    ```

    ## Known problems
    Inside containers and WSL the driver is the host's: see `container-no-gpu` and `wsl-driver`.

    ## References
    - [NVIDIA driver downloads](https://www.nvidia.com/drivers)
    - [c10/cuda/CUDAFunctions.cpp](https://github.com/pytorch/pytorch/blob/main/c10/cuda/CUDAFunctions.cpp)
    """

    meta = RuleMeta(
        "XDC103",
        "driver-missing",
        "an NVIDIA GPU without a driver",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Cards on the bus against cards that the driver shows."""
        gpus = wanted_gpus(case, GpuVendor.NVIDIA)
        host, container = case.facts.host, case.facts.container
        if container is not None and container.kind is not None:
            raise DoesNotApply("in a container the driver is the host's")
        if host is not None and host.wsl:
            raise DoesNotApply("in WSL the driver is Windows'")
        if host is not None and "nouveau" in (host.kernel_modules or ()):
            raise DoesNotApply("the nouveau driver holds the card: see `nouveau-loaded`")
        unseen = [gpu for gpu in gpus if not gpu.driver_seen]
        driver = case.facts.nvidia_driver
        if not unseen or (driver is not None and driver.version is not None):
            yield Passed(f"the driver answers for {label(gpus[0])}")
            return
        if driver is not None and driver.error is not None:
            raise DoesNotApply("a driver is there and fails: see `driver-lib-mismatch`")
        linux = host is None or host.system == "Linux"
        yield Problem(
            message=f"{label(unseen[0])} is on the bus, and no NVIDIA driver is loaded",
            consequence="torch cannot use the GPU",
            error_text="RuntimeError: Found no NVIDIA driver on your system.",
            fix="Install the driver and restart:",
            command="sudo ubuntu-drivers install && sudo reboot"
            if linux
            else "winget install Nvidia.GeForceExperience",
            setting=case.plan.device_type if case.plan.wants_gpu else None,
            fact="nvidia_driver",
            evidence="neither NVML nor nvidia-smi nor the kernel knows a driver",
        )
