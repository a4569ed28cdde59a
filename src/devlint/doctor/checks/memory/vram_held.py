"""XDC307."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import CannotTell, Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.fitting import memory_plan
from devlint.doctor.checks.reading import job_gpus, memory_of
from devlint.doctor.checks.words import label
from devlint.doctor.facts import Gpu, GpuProcess
from devlint.doctor.memory import estimate, show_bytes
from devlint.findings import Confidence, RuleMeta, Severity


class VramHeld(Check):
    """Other processes hold much of the GPU's memory

    ## What it does
    Adds up what other processes hold on the GPUs of the job, and looks whether what is left is enough: for the estimate
    if there is one, else for half of the card.

    ## Why is this bad
    A notebook that was not shut down, or another user's job, leaves too little. The job then runs out of memory
    although it fits the card.

    ## Example
    ```console
    $ nvidia-smi --query-compute-apps=pid,used_memory,name --format=csv,noheader
    4242, 9876 MiB, python
    ```

    ## Use instead
    ```console
    $ ps -o user,etime,cmd -p 4242
    $ kill 4242      # if it is yours and forgotten
    ```

    ## Known problems
    On Windows (WDDM) the driver does not tell what a process holds.

    ## References
    - [vllm-project/vllm#20305](https://github.com/vllm-project/vllm/issues/20305)
    """

    meta = RuleMeta(
        "XDC307",
        "vram-held",
        "a GPU whose memory other processes hold",
        Severity.WARNING,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each GPU of the job."""
        problems: list[Verdict] = []
        for gpu in job_gpus(case):
            path = f"gpus.{gpu.index}"
            total = memory_of(case, gpu)
            processes_ = case.need(gpu.processes, f"{path}.processes", "which processes use the GPU")
            free = case.need(gpu.memory_free, f"{path}.memory_free", "the GPU's free memory")
            holders = sorted(processes_, key=lambda process: process.memory or 0, reverse=True)
            need = _need(case, total)
            if holders and free < need:
                problems.append(_problem(gpu, holders, free, need))
        yield from problems or [Passed("no other process holds much of the GPU")]


def _need(case: Case, total: int) -> int:
    """What the job needs: the estimate if there is one, but no more than the card has; else half of the card."""
    try:
        return min(estimate(*memory_plan(case)).peak.likely, total)
    except CannotTell:
        return total // 2


def _problem(gpu: Gpu, holders: list[GpuProcess], free: int, need: int) -> Problem:
    worst = holders[0]
    who = (
        f"process {worst.pid}"
        + (f" ({worst.name})" if worst.name else "")
        + (f" of {worst.user}" if worst.user else "")
    )
    held = f" holds {show_bytes(worst.memory)}" if worst.memory else " uses it"
    more = f", and {len(holders) - 1} more" if len(holders) > 1 else ""
    return Problem(
        message=f"{label(gpu)} has {show_bytes(free)} free: {who}{held}{more}",
        consequence=f"a job that needs {show_bytes(need)} runs out of memory",
        error_text="torch.OutOfMemoryError: CUDA out of memory.",
        fix="See whose it is, and end it if it is yours and forgotten:",
        command=f"ps -o user,etime,cmd -p {worst.pid}",
        fact=f"gpus.{gpu.index}.processes",
        evidence=f"{who}{held}",
    )
