"""XDC105."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.reading import wanted_gpus
from devlint.doctor.checks.words import numbers
from devlint.doctor.facts import GpuVendor
from devlint.findings import Confidence, RuleMeta, Severity


class DriverLibMismatch(Check):
    """The driver's libraries and its loaded kernel module are of different versions

    ## What it does
    Reads the error of NVML, and compares the version of the loaded kernel module with that of the driver's libraries.

    ## Why is this bad
    A package upgrade replaced the libraries while the old module stayed loaded. Nothing that uses the GPU starts until
    the machine does.

    ## Example
    ```console
    $ nvidia-smi
    Failed to initialize NVML: Driver/library version mismatch
    ```

    ## Use instead
    ```console
    $ sudo reboot
    $ sudo apt-mark hold 'nvidia-driver-*' 'libnvidia-*'      # so that upgrades wait for you
    ```

    ## Known problems
    In a container the libraries are mounted from the host, so the reboot is the host's.

    ## References
    - [NVIDIA/ubuntu-packaging-nvidia-driver#3](https://github.com/NVIDIA/ubuntu-packaging-nvidia-driver/issues/3)
    - [NVML return codes](https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceEnumvs.html)
    """

    meta = RuleMeta(
        "XDC105",
        "driver-lib-mismatch",
        "driver libraries of another version than the loaded kernel module",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The library's error and both versions."""
        wanted_gpus(case, GpuVendor.NVIDIA)
        driver = case.need(case.facts.nvidia_driver, "nvidia_driver", "the NVIDIA driver")
        module = driver.kernel_module
        differ = module is not None and driver.version is not None and numbers(module) != numbers(driver.version)
        if differ or "mismatch" in (driver.error or ""):
            versions = (
                f": the module is {module}" + (f", the library {driver.version}" if driver.version else "")
                if module
                else ""
            )
            yield Problem(
                message=f"the NVIDIA driver's libraries do not match the loaded kernel module{versions}",
                consequence="nothing can use the GPU",
                error_text="Failed to initialize NVML: Driver/library version mismatch",
                fix="Restart the machine, so that the upgraded module is loaded:",
                command="sudo reboot",
                fact="nvidia_driver.kernel_module",
                evidence=driver.error or f"the loaded module is {module}",
            )
            return
        version = case.need(driver.version, "nvidia_driver.version", "the NVIDIA driver's version")
        yield Passed(f"driver {version} answers")
