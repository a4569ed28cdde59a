"""XDC402."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import CannotTell, Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import Count, processes
from devlint.doctor.checks.words import in_its_place, plural
from devlint.findings import Confidence, RuleMeta, Severity


class WorkersQuota(Check):
    """The DataLoader workers outnumber the CPUs that a container or a scheduler grants

    ## What it does
    Compares all workers of a node with the container's CPU quota (cgroup) and with the CPUs that a config asks a
    scheduler or a container for.

    ## Why is this bad
    A quota limits CPU time, not the number of CPUs that programs see: with a quota of 4 on a node of 64, torch counts
    64 and warns of nothing. Workers are then stopped in every period.

    ## Example
    ```shell
    docker run --cpus 4 --gpus all image python train.py --workers 16
    ```

    ## Use instead
    ```shell
    docker run --cpus 4 --gpus all image python train.py --workers 4
    ```

    ## Known problems
    None known.

    ## References
    - [springfall2008/batpred#4771](https://github.com/springfall2008/batpred/issues/4771)
    - [kubernetes-sigs/inference-perf#722](https://github.com/kubernetes-sigs/inference-perf/issues/722)
    """

    meta = RuleMeta(
        "XDC402",
        "workers-quota",
        "more loader workers than the container's or the job's CPUs",
        Severity.WARNING,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """All workers against quota and grant."""
        setting = case.asked("workers", "a number of workers")
        here = processes(case)
        total = setting.value * here.value
        limit = _limit(case)
        if total <= limit.value:
            yield Passed(f"{total} workers, and {limit.how} {limit.value} CPUs")
            return
        yield Problem(
            message=f"`{setting.key}` {setting.value} in {plural(here.value, 'process')} makes {total} workers, and "
            f"{limit.how} {limit.value} CPUs",
            consequence="the kernel stops them in turn, and torch does not notice, since it sees all CPUs of the node",
            fix="Give each process its share:",
            command=in_its_place(setting, max(1, limit.value // here.value)),
            setting=setting,
            fact=None if limit.setting is not None else "cpu.quota",
            evidence=f"{limit.how} {limit.value} CPUs",
            others=tuple(
                each for each in (limit.setting, here.setting if here.value > 1 else None) if each is not None
            ),
        )


def _limit(case: Case) -> Count:
    """The tightest quota or grant; DoesNotApply if there is none."""
    granted = case.setting("cpus_granted")
    grants = [] if granted is None else [Count(max(1, int(granted.value)), f"`{granted.key}` grants", granted)]
    try:
        cpu = case.need(case.facts.cpu, "cpu", "the CPU quota")
        quota = case.present(cpu.quota, "cpu.quota", "CPU quota")
    except (CannotTell, DoesNotApply):
        if grants:
            return grants[0]
        raise
    return min([*grants, Count(max(1, int(quota)), "the container's quota is")], key=lambda limit: limit.value)
