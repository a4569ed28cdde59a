"""XDC401."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import processes, usable_cpus
from devlint.doctor.checks.words import in_its_place, plural
from devlint.findings import Confidence, RuleMeta, Severity


class WorkersCpus(Check):
    """The DataLoader workers of a node outnumber its CPUs

    ## What it does
    Multiplies the workers of one process by the processes of a node, and compares the product with the CPUs that they
    may run on (the machine's threads, or the CPU affinity of this process).

    ## Why is this bad
    Every process of a job has its own workers: 8 workers and 8 processes make 64. More workers than CPUs slow each
    other down, and each takes memory.

    ## Example
    ```shell
    torchrun --nproc-per-node 4 train.py --workers 16      # on 16 CPUs
    ```

    ## Use instead
    ```shell
    torchrun --nproc-per-node 4 train.py --workers 4
    ```

    ## Known problems
    torch's own warning compares the workers of one process only.

    ## References
    - [embeddings-benchmark/mteb#1331](https://github.com/embeddings-benchmark/mteb/issues/1331)
    - [torch.utils.data.DataLoader](https://pytorch.org/docs/stable/data.html)
    """

    meta = RuleMeta(
        "XDC401",
        "workers-cpus",
        "more loader workers than CPUs",
        Severity.WARNING,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """All workers against all CPUs."""
        setting = case.asked("workers", "a number of workers")
        here = processes(case)
        total = setting.value * here.value
        cpu = case.need(case.facts.cpu, "cpu", "how many CPUs this machine has")
        limits = [limit for limit in (cpu.threads, cpu.affinity) if limit is not None]
        cpus = min(limits) if limits else case.need(None, "cpu.threads", "how many CPUs this machine has")
        if usable_cpus(case).value < cpus:
            raise DoesNotApply("a quota or a grant is tighter: see `workers-quota`")
        if total <= cpus:
            yield Passed(f"{total} workers on {cpus} CPUs")
            return
        by_affinity = cpu.affinity == cpus and cpu.threads != cpus
        yield Problem(
            message=f"`{setting.key}` {setting.value} in {plural(here.value, 'process')} makes {total} workers, and "
            f"there are {cpus} CPUs",
            consequence="they slow each other down, or freeze",
            error_text=f"UserWarning: This DataLoader will create {setting.value} worker processes in total. Our "
            f"suggested max number of worker in current system is {cpus}",
            fix="Give each process its share of the CPUs:",
            command=in_its_place(setting, max(1, cpus // here.value)),
            setting=setting,
            fact="cpu.affinity" if by_affinity else "cpu.threads",
            evidence=f"this process may run on {cpus} CPUs" if by_affinity else f"the machine has {cpus} CPUs",
            others=(here.setting,) if here.setting is not None and here.value > 1 else (),
        )
