"""XDC112."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.findings import Confidence, RuleMeta, Severity


class WslDriver(Check):
    """In WSL, libcuda is missing or is not the one that Windows provides

    ## What it does
    Under WSL 2, looks at which `libcuda.so.1` there is.

    ## Why is this bad
    The driver belongs to Windows, which mounts its libraries at /usr/lib/wsl/lib. A Linux driver installed inside WSL
    hides them, and CUDA then finds no device.

    ## Example
    ```console
    $ sudo apt install nvidia-driver-550      # inside WSL: wrong
    $ python -c "import torch; print(torch.cuda.is_available())"
    False
    ```

    ## Use instead
    ```console
    $ sudo apt purge 'nvidia-driver-*' 'libnvidia-compute-*'
    $ sudo ldconfig
    ```

    ## Known problems
    None known.

    ## References
    - [microsoft/WSL#9254](https://github.com/microsoft/WSL/issues/9254)
    - [microsoft/WSL#9092](https://github.com/microsoft/WSL/issues/9092)
    - [CUDA on WSL](https://docs.nvidia.com/cuda/wsl-user-guide/)
    """

    meta = RuleMeta(
        "XDC112",
        "wsl-driver",
        "a Linux driver inside WSL",
        Severity.ERROR,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The library that Windows mounts against the one that is found."""
        host = case.need(case.facts.host, "host", "the operating system")
        if not host.wsl:
            raise DoesNotApply("this is not WSL")
        if case.plan.wants_gpu is False or not (case.facts.gpus or case.plan.wants_gpu):
            raise DoesNotApply("the job runs on the CPU, or no GPU is here and no config asks for one")
        toolchain = case.need(case.facts.toolchain, "toolchain", "which libcuda the loader finds")
        mounted = case.need(host.wsl_libcuda, "host.wsl_libcuda", "whether Windows provides a libcuda")
        found = toolchain.libcuda
        if not mounted:
            yield Problem(
                message="Windows provides no libcuda to WSL",
                consequence="CUDA finds no device",
                error_text="RuntimeError: Found no NVIDIA driver on your system.",
                fix="Install NVIDIA's driver on Windows, then restart WSL from there:",
                command="wsl --update; wsl --shutdown",
                fact="host.wsl_libcuda",
                evidence=f"there is no {_MOUNTED}",
            )
        elif found is not None and not found.startswith("/usr/lib/wsl/"):
            yield Problem(
                message=f"inside WSL the loader finds {found} instead of the one that Windows provides",
                consequence="that library cannot reach the GPU, and CUDA finds no device",
                error_text="RuntimeError: Found no NVIDIA driver on your system.",
                fix="Remove the Linux driver from WSL:",
                command="sudo apt purge 'nvidia-driver-*' 'libnvidia-compute-*' && sudo ldconfig",
                fact="toolchain.libcuda",
                evidence=f"libcuda is {found}",
            )
        else:
            yield Passed(f"libcuda is {mounted}")


_MOUNTED = "/usr/lib/wsl/lib/libcuda.so.1"
