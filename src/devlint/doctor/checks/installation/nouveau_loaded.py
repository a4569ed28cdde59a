"""XDC109."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import wanted_gpus
from devlint.doctor.checks.words import label
from devlint.doctor.facts import GpuVendor
from devlint.findings import Confidence, RuleMeta, Severity


class NouveauLoaded(Check):
    r"""The nouveau driver holds the NVIDIA GPU

    ## What it does
    Looks for the kernel module `nouveau` on a machine with an NVIDIA GPU that NVIDIA's driver does not answer for.

    ## Why is this bad
    nouveau and NVIDIA's driver cannot hold the same card, and CUDA works with NVIDIA's only.

    ## Example
    ```console
    $ lsmod | grep nouveau
    nouveau              2510848  1
    ```

    ## Use instead
    ```console
    $ printf 'blacklist nouveau\noptions nouveau modeset=0\n' | sudo tee /etc/modprobe.d/blacklist-nouveau.conf
    $ sudo update-initramfs -u && sudo ubuntu-drivers install && sudo reboot
    ```

    ## Known problems
    None known.

    ## References
    - [NVIDIA's Linux installation guide](https://docs.nvidia.com/cuda/cuda-installation-guide-linux/)
    - [DCGM diagnostics, deny-list](https://docs.nvidia.com/datacenter/dcgm/latest/user-guide/dcgm-diagnostics.html)
    """

    meta = RuleMeta(
        "XDC109",
        "nouveau-loaded",
        "the nouveau driver on an NVIDIA GPU",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The loaded modules."""
        gpus = wanted_gpus(case, GpuVendor.NVIDIA)
        host = case.need(case.facts.host, "host", "the operating system")
        if host.system != "Linux":
            raise DoesNotApply("nouveau is a Linux driver")
        modules = case.need(host.kernel_modules, "host.kernel_modules", "which kernel modules are loaded")
        if "nouveau" not in modules or all(gpu.driver_seen for gpu in gpus):
            yield Passed("nouveau does not hold the GPU")
            return
        yield Problem(
            message=f"the nouveau driver holds {label(gpus[0])}",
            consequence="NVIDIA's driver cannot load, and CUDA does not start",
            error_text="RuntimeError: Found no NVIDIA driver on your system.",
            fix="Keep nouveau from loading, install NVIDIA's driver, and restart:",
            command="echo 'blacklist nouveau' | sudo tee /etc/modprobe.d/blacklist-nouveau.conf && sudo "
            "update-initramfs -u "
            "&& sudo ubuntu-drivers install && sudo reboot",
            setting=case.plan.device_type if case.plan.wants_gpu else None,
            fact="host.kernel_modules",
            evidence="the module nouveau is loaded",
        )
