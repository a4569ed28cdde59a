"""XDC314."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.fitting import memory_plan
from devlint.doctor.memory import estimate, show_bytes
from devlint.findings import Confidence, RuleMeta, Severity


class RamForOffload(Check):
    """States are offloaded to RAM, and there is not enough of it

    ## What it does
    For ZeRO and FSDP jobs that offload to the CPU, compares the RAM that the states take on one node with what the
    machine or its container has.

    ## Why is this bad
    Offloading moves 16 to 18 bytes a parameter to RAM. In a container the kernel ends the process at the limit, with
    nothing but "Killed".

    ## Example
    ```json
    {"zero_optimization": {"stage": 3, "offload_optimizer": {"device": "cpu"}}}
    ```

    ## Use instead
    ```json
    {"zero_optimization": {"stage": 3, "offload_optimizer": {"device": "nvme", "nvme_path": "/local_nvme"}}}
    ```

    ## Known problems
    Loading a checkpoint on every rank at once takes more for a while.

    ## References
    - [DeepSpeed: memory requirements](https://deepspeed.readthedocs.io/en/latest/memory.html)
    """

    meta = RuleMeta(
        "XDC314",
        "ram-for-offload",
        "offloading to RAM that is not there",
        Severity.ERROR,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The need against RAM and the container's limit."""
        plan = case.plan
        offloads = [each for each in (plan.offload_optimizer, plan.offload_parameters) if each and each.value == "cpu"]
        if not offloads:
            raise DoesNotApply("nothing is offloaded to RAM")
        memory = case.need(case.facts.memory, "memory", "how much RAM this machine has")
        usable = case.need(memory.usable, "memory.total", "how much RAM this machine has")
        granted = plan.memory_granted
        limit = min(usable, granted.value) if granted is not None else usable
        need = estimate(*memory_plan(case)).host
        if need.likely <= limit:
            yield Passed(f"offloading needs {need}, and {show_bytes(limit)} are there")
            return
        yield Problem(
            message=f"`{offloads[0].key}` offloads to RAM, which needs {need}, and a node has {show_bytes(limit)}",
            consequence="the kernel ends the job while states are created",
            error_text="Killed (exit code -9)",
            fix="Offload to NVMe, or keep the states on more GPUs:",
            command='"offload_optimizer": {"device": "nvme", "nvme_path": "/local_nvme"}',
            setting=offloads[0],
            fact="memory.limit" if memory.limit is not None and memory.limit == usable else "memory.total",
            evidence=f"{show_bytes(limit)} of RAM may be used",
            severity=Severity.ERROR if need.low > limit else Severity.WARNING,
            others=(granted,) if granted is not None and limit == granted.value else (),
        )
