"""XDC117."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import nvidia_gpus, variable
from devlint.findings import Confidence, RuleMeta, Severity


class DeviceOrder(Check):
    """GPUs are picked by number, and CUDA may number them otherwise than nvidia-smi

    ## What it does
    On a machine with different GPUs, looks for a job that picks some by number while `CUDA_DEVICE_ORDER` is not
    `PCI_BUS_ID`.

    ## Why is this bad
    CUDA puts the fastest GPU first, nvidia-smi goes by slot. On a machine with different cards, `cuda:0` need not be
    nvidia-smi's GPU 0, so the job lands on another card than you watched.

    ## Example
    ```shell
    CUDA_VISIBLE_DEVICES=1 python train.py
    ```

    ## Use instead
    ```shell
    CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES=1 python train.py
    ```

    ## Known problems
    None known.

    ## References
    - [CUDA environment variables](https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#env-vars)
    """

    meta = RuleMeta(
        "XDC117",
        "device-order",
        "GPUs picked by number where CUDA and nvidia-smi number them differently",
        Severity.INFO,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Whether numbers are used where they are ambiguous."""
        gpus = nvidia_gpus(case)
        names = {case.need(gpu.name, f"gpus.{gpu.index}.name", "the GPUs' names") for gpu in gpus}
        if len(names) < 2:
            raise DoesNotApply("all GPUs are alike")
        order = variable(case, "CUDA_DEVICE_ORDER")
        limit = variable(case, "CUDA_VISIBLE_DEVICES")
        by_number = limit is not None and limit.value[:1].isdigit()
        ids = case.plan.device_ids
        if (order is not None and order.value == "PCI_BUS_ID") or (ids is None and not by_number):
            yield Passed("GPUs are not picked by number" if order is None else f"CUDA_DEVICE_ORDER={order.value}")
            return
        yield Problem(
            message=f"the job picks GPUs by number among different cards ({', '.join(sorted(names))})",
            consequence="CUDA counts from the fastest card, nvidia-smi from the first slot, so the number may mean "
            "another",
            fix="Let both count by slot:",
            command="export CUDA_DEVICE_ORDER=PCI_BUS_ID",
            setting=ids or (limit.setting if limit is not None else None),
            fact="gpus",
            evidence=f"the cards are {', '.join(sorted(names))}",
        )
