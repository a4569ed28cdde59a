"""XDC507."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import CannotTell, Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.reading import nvidia_gpus
from devlint.doctor.checks.words import label
from devlint.findings import Confidence, RuleMeta, Severity


class MigEmpty(Check):
    """A GPU is in MIG mode and has no instances

    ## What it does
    Looks for GPUs whose MIG mode is on and that have no instance.

    ## Why is this bad
    In MIG mode only instances run programs. Without any, nvidia-smi shows the GPU and torch counts 0 devices.

    ## Example
    ```console
    $ nvidia-smi -L
    GPU 0: NVIDIA A100-SXM4-80GB (UUID: GPU-...)
    $ python -c "import torch; print(torch.cuda.device_count())"
    0
    ```

    ## Use instead
    ```console
    $ sudo nvidia-smi mig -cgi 3g.40gb,3g.40gb -C      # make two instances
    $ sudo nvidia-smi -i 0 -mig 0                      # or switch MIG off
    ```

    ## Known problems
    None known.

    ## References
    - [pytorch/pytorch#95784](https://github.com/pytorch/pytorch/issues/95784)
    - [MIG user guide](https://docs.nvidia.com/datacenter/tesla/mig-user-guide/)
    """

    meta = RuleMeta(
        "XDC507",
        "mig-empty",
        "a GPU in MIG mode without instances",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each GPU."""
        problems: list[Verdict] = []
        for gpu in nvidia_gpus(case):
            if not gpu.driver_seen:
                raise CannotTell("without a driver nothing tells the MIG mode")
            if gpu.mig_mode and not gpu.mig_instances:
                problems.append(
                    Problem(
                        message=f"{label(gpu)} is in MIG mode and has no instances",
                        consequence="nothing can run on it, and torch counts no device",
                        error_text="RuntimeError: No CUDA GPUs are available",
                        fix="Make instances with `nvidia-smi mig -cgi`, or switch MIG off:",
                        command=f"sudo nvidia-smi -i {gpu.index} -mig 0",
                        fact=f"gpus.{gpu.index}.mig_mode",
                        evidence="MIG mode is on, without instances",
                    )
                )
        yield from problems or [Passed("every GPU in MIG mode has instances")]
