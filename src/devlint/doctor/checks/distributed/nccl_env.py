"""XDC511."""

from __future__ import annotations

import re
from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import processes, variable
from devlint.findings import Confidence, RuleMeta, Severity


class NcclEnv(Check):
    """A variable that was set against some problem slows NCCL down

    ## What it does
    For jobs of several processes, looks for `NCCL_P2P_DISABLE=1`, `NCCL_IB_DISABLE=1` and `NCCL_SHM_DISABLE=1`.

    ## Why is this bad
    They are copied from advice against hangs, and stay. Each takes a fast way away from NCCL: copies between GPUs,
    InfiniBand, shared memory.

    ## Example
    ```shell
    export NCCL_P2P_DISABLE=1
    torchrun --nproc-per-node 8 train.py
    ```

    ## Use instead
    ```shell
    unset NCCL_P2P_DISABLE
    torchrun --nproc-per-node 8 train.py
    ```

    ## Known problems
    RTX 40 cards with old drivers need two of them: see `p2p-rtx40`.

    ## References
    - [NVIDIA/nccl#631](https://github.com/NVIDIA/nccl/issues/631)
    - [NCCL environment variables](https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/env.html)
    """

    meta = RuleMeta(
        "XDC511",
        "nccl-env",
        "NCCL variables that slow communication down",
        Severity.INFO,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each variable."""
        if processes(case).value < 2:
            raise DoesNotApply("the job has one process")
        if any(re.search(r"RTX 40\d0", gpu.name or "") for gpu in case.facts.gpus or ()):
            raise DoesNotApply("RTX 40 cards may need them: see `p2p-rtx40`")
        found = [each for name in _COSTS if (each := variable(case, name)) is not None and each.value == "1"]
        for each in found:
            yield Problem(
                message=f"{each.name}=1 is set",
                consequence=_COSTS[each.name],
                fix="Unless it was set for a reason that still holds, remove it:",
                command=f"unset {each.name}",
                setting=each.setting,
                fact=each.fact,
                evidence=f"{each.name} is set in the environment",
            )
        if not found:
            yield Passed("no variable slows NCCL down")


_COSTS = {
    "NCCL_P2P_DISABLE": "GPUs of one node copy through the host's memory instead of directly",
    "NCCL_IB_DISABLE": "nodes talk over TCP instead of InfiniBand or RoCE",
    "NCCL_SHM_DISABLE": "processes of one node talk over the network stack instead of shared memory",
}
