"""XDC607."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.reading import nvidia_job_gpus, processes
from devlint.doctor.checks.words import label
from devlint.findings import Confidence, RuleMeta, Severity


class ComputeMode(Check):
    """A GPU allows one process, or none, and the job has more

    ## What it does
    Looks for the compute modes "exclusive process" where a job has more processes than GPUs, and "prohibited".

    ## Why is this bad
    In exclusive mode the second process that starts CUDA on a GPU is turned away; that includes a notebook which is
    still open.

    ## Example
    ```console
    $ nvidia-smi --query-gpu=compute_mode --format=csv,noheader
    Exclusive_Process
    ```

    ## Use instead
    ```console
    $ sudo nvidia-smi -c DEFAULT
    ```

    ## Known problems
    None known.

    ## References
    - [CUDA: compute modes](https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#compute-modes)
    """

    meta = RuleMeta(
        "XDC607",
        "compute-mode",
        "a GPU in exclusive mode for several processes",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each GPU of the job."""
        gpus = nvidia_job_gpus(case)
        crowded = processes(case).value > len(gpus)
        problems: list[Verdict] = []
        for gpu in gpus:
            path = f"gpus.{gpu.index}.health.compute_mode"
            mode = case.need(gpu.health.compute_mode, path, "the GPU's compute mode").lower().replace("_", "-")
            exclusive = mode.startswith("exclusive") and (crowded or bool(gpu.processes))
            if exclusive or mode == "prohibited":
                users = f"{processes(case).value} processes" if crowded else "another process"
                problems.append(
                    Problem(
                        message=f"{label(gpu)} is in compute mode {mode}"
                        + (f", and {users} would share it" if exclusive else ""),
                        consequence="the process that comes second is turned away"
                        if exclusive
                        else "no process may use it",
                        error_text="CUDA error: all CUDA-capable devices are busy or unavailable",
                        fix="Let processes share the card:",
                        command=f"sudo nvidia-smi -i {gpu.index} -c DEFAULT",
                        setting=processes(case).setting if crowded else None,
                        fact=path,
                        evidence=f"the compute mode is {mode}",
                    )
                )
        yield from problems or [Passed("the compute mode allows the job")]
