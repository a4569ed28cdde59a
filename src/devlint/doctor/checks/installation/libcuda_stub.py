"""XDC111."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.reading import wanted_gpus
from devlint.doctor.facts import GpuVendor
from devlint.findings import Confidence, RuleMeta, Severity


class LibcudaStub(Check):
    """The loader finds a stub instead of the driver's libcuda

    ## What it does
    Looks at which `libcuda.so.1` the loader finds.

    ## Why is this bad
    The CUDA toolkit ships an empty `libcuda.so` under `stubs/` for linking on machines without a GPU. If that folder is
    in LD_LIBRARY_PATH, programs load it instead of the driver's and find no device.

    ## Example
    ```shell
    export LD_LIBRARY_PATH=/usr/local/cuda/lib64/stubs:$LD_LIBRARY_PATH
    ```

    ## Use instead
    ```shell
    export LD_LIBRARY_PATH=/usr/local/cuda/lib64
    ```

    ## Known problems
    None known.

    ## References
    - [CUDA installation guide](https://docs.nvidia.com/cuda/cuda-installation-guide-linux/)
    - [CUDA_ERROR_STUB_LIBRARY](https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__TYPES.html)
    """

    meta = RuleMeta(
        "XDC111",
        "libcuda-stub",
        "a stub of libcuda in place of the driver's",
        Severity.ERROR,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The library that is found."""
        wanted_gpus(case, GpuVendor.NVIDIA)
        toolchain = case.need(case.facts.toolchain, "toolchain", "which libcuda the loader finds")
        stub = case.need(toolchain.libcuda_stub, "toolchain.libcuda_stub", "which libcuda the loader finds")
        if not stub:
            yield Passed(f"libcuda is {toolchain.libcuda or 'the driver'}")
            return
        yield Problem(
            message=f"the loader finds {toolchain.libcuda or 'a libcuda'}, which is a stub of the CUDA toolkit",
            consequence="CUDA finds no device",
            error_text="CUDA driver is a stub library",
            fix="Take the `stubs` folder out of the search path:",
            command="export LD_LIBRARY_PATH=$(printf %s \"$LD_LIBRARY_PATH\" | tr : '\\n' | grep -v /stubs | paste "
            "-sd:)",
            fact="toolchain.libcuda",
            evidence=f"libcuda is {toolchain.libcuda or 'a stub'}",
        )
