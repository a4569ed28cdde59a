"""XDC405."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.reading import Count, processes, usable_cpus, variable
from devlint.doctor.checks.words import numbers, plural
from devlint.findings import Confidence, RuleMeta, Severity


class OmpOversub(Check):
    """The OpenMP threads of all processes outnumber the CPUs

    ## What it does
    Multiplies `OMP_NUM_THREADS` by the processes of a node. For jobs on the CPU it also notes when torchrun would set
    it to 1.

    ## Why is this bad
    Threads that share a CPU wait for each other at every operation. Unset, torchrun sets it to 1 for several processes,
    which is right with a GPU and slow without.

    ## Example
    ```shell
    OMP_NUM_THREADS=16 torchrun --nproc-per-node 8 train.py      # on 32 CPUs
    ```

    ## Use instead
    ```shell
    OMP_NUM_THREADS=4 torchrun --nproc-per-node 8 train.py
    ```

    ## Known problems
    DataLoader workers use one thread each and are not counted here.

    ## References
    - [torchrun](https://pytorch.org/docs/stable/elastic/run.html)
    """

    meta = RuleMeta(
        "XDC405",
        "omp-oversub",
        "more OpenMP threads than CPUs",
        Severity.WARNING,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Threads against CPUs."""
        here = processes(case)
        found = variable(case, "OMP_NUM_THREADS")
        threads = numbers(found.value)[:1] if found is not None else ()
        if not threads:
            yield self._unset(case, here)
            return
        cpus = usable_cpus(case)
        total = threads[0] * here.value
        if total <= cpus.value:
            yield Passed(f"{total} threads on {cpus.value} CPUs")
            return
        assert found is not None
        yield Problem(
            message=f"OMP_NUM_THREADS={found.value} in {plural(here.value, 'process')} makes {total} threads, and "
            f"{cpus.how} {cpus.value} CPUs",
            consequence="the threads wait for each other at every operation",
            fix="Divide the CPUs by the processes:",
            command=f"export OMP_NUM_THREADS={max(1, cpus.value // here.value)}",
            setting=found.setting or here.setting,
            fact=found.fact or "cpu.threads",
            evidence=f"OMP_NUM_THREADS is {found.value}" if found.fact else f"{cpus.how} {cpus.value} CPUs",
        )

    def _unset(self, case: Case, here: Count) -> Verdict:
        """What torchrun makes of it."""
        launcher = case.plan.launcher
        if launcher is None or launcher.value != "torchrun" or here.value < 2 or case.plan.wants_gpu is not False:
            return Passed("OMP_NUM_THREADS is not set")
        share = max(1, usable_cpus(case).value // here.value)
        if share == 1:
            return Passed("one thread is each process' share of the CPUs")
        return Problem(
            message=f"OMP_NUM_THREADS is not set, and torchrun starts {here.value} processes on the CPU",
            consequence=f"it sets the variable to 1, and {share - 1} of {share} CPUs stay idle",
            error_text="Setting OMP_NUM_THREADS environment variable for each process to be 1 in default",
            fix="Set it to each process' share:",
            command=f"export OMP_NUM_THREADS={share}",
            setting=here.setting or launcher,
            fact="environment",
            evidence="OMP_NUM_THREADS is not set",
            severity=Severity.INFO,
        )
