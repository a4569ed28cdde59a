"""XDC113."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.builds import torch_build
from devlint.doctor.checks.reading import wanted_gpus
from devlint.doctor.checks.words import label
from devlint.doctor.facts import GpuVendor
from devlint.findings import Confidence, RuleMeta, Severity


class GpuLostResume(Check):
    """The driver shows the GPU, and CUDA cannot start on it

    ## What it does
    Looks for "CUDA unknown error" where the driver sees the GPU and torch is a CUDA build.

    ## Why is this bad
    After suspend and resume on Linux the module `nvidia_uvm` is often left broken: nvidia-smi works and CUDA does not.

    ## Example
    ```console
    $ nvidia-smi -L
    GPU 0: NVIDIA GeForce RTX 3060 Laptop GPU
    $ python -c "import torch; torch.zeros(1).cuda()"
    RuntimeError: CUDA unknown error - this may be due to an incorrectly set up environment
    ```

    ## Use instead
    ```console
    $ sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm
    ```

    ## Known problems
    The same error comes from CUDA_VISIBLE_DEVICES changed while the program runs.

    ## References
    - [c10/cuda/CUDAFunctions.cpp](https://github.com/pytorch/pytorch/blob/main/c10/cuda/CUDAFunctions.cpp)
    - [Ollama: suspend and resume](https://github.com/ollama/ollama/blob/main/docs/gpu.mdx)
    """

    meta = RuleMeta(
        "XDC113",
        "gpu-lost-resume",
        "a GPU that CUDA lost, such as after a suspend",
        Severity.ERROR,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """What starting CUDA said."""
        gpus = [gpu for gpu in wanted_gpus(case, GpuVendor.NVIDIA) if gpu.driver_seen]
        torch = torch_build(case)
        if not gpus or torch.build not in (None, "cuda"):
            raise DoesNotApply("there is no GPU with a driver, or torch is no CUDA build")
        available = case.need(torch.cuda_available, "torch.cuda_available", "whether CUDA starts")
        if available or "unknown error" not in (torch.cuda_error or "").lower():
            yield Passed("CUDA starts" if available else "CUDA does not start for another reason")
            return
        yield Problem(
            message=f"the driver shows {label(gpus[0])}, and CUDA cannot start on it",
            consequence="torch runs without the GPU until the module is loaded anew",
            error_text="RuntimeError: CUDA unknown error - this may be due to an incorrectly set up environment",
            fix="Reload the driver's memory module, or restart:",
            command="sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm",
            fact="torch.cuda_error",
            evidence=f"starting CUDA said: {torch.cuda_error}",
        )
