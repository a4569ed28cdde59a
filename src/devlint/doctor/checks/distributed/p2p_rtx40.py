"""XDC509."""

from __future__ import annotations

import re
from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import nvidia_job_gpus, processes, variable
from devlint.doctor.checks.words import is_older
from devlint.findings import Confidence, RuleMeta, Severity


class P2PRtx40(Check):
    """Several RTX 40 cards are used with a driver that wrongly offers peer-to-peer copies

    ## What it does
    Looks for jobs on two or more RTX 40 cards with a driver before 550.40.07 where `NCCL_P2P_DISABLE` and
    `NCCL_IB_DISABLE` are not both 1.

    ## Why is this bad
    RTX 40 cards cannot copy to each other directly, and older drivers say they can: NCCL hangs or copies garbage.
    `accelerate launch` sets both variables itself and warns; accelerate started in another way stops.

    ## Example
    ```shell
    torchrun --nproc-per-node 2 train.py      # 2x RTX 4090, driver 535
    ```

    ## Use instead
    ```shell
    NCCL_P2P_DISABLE=1 NCCL_IB_DISABLE=1 torchrun --nproc-per-node 2 train.py
    ```

    ## Known problems
    None known.

    ## References
    - [accelerate: check_cuda_p2p_ib_support](https://github.com/huggingface/accelerate/blob/main/src/accelerate/utils/environment.py)
    """

    meta = RuleMeta(
        "XDC509",
        "p2p-rtx40",
        "several RTX 40 cards with a driver that misreports P2P",
        Severity.WARNING,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Cards, driver and variables."""
        cards = [gpu for gpu in nvidia_job_gpus(case) if re.search(r"RTX 40\d0", gpu.name or "")]
        if len(cards) < 2 or processes(case).value < 2:
            raise DoesNotApply("the job does not use several RTX 40 cards")
        known = case.need(case.facts.nvidia_driver, "nvidia_driver", "the NVIDIA driver")
        driver = case.need(known.version, "nvidia_driver.version", "the NVIDIA driver's version")
        if not is_older(driver, "550.40.07"):
            yield Passed(f"driver {driver} tells the truth about peer-to-peer copies")
            return
        found = [variable(case, name) for name in ("NCCL_P2P_DISABLE", "NCCL_IB_DISABLE")]
        if all(each is not None and each.value == "1" for each in found):
            yield Passed("NCCL_P2P_DISABLE and NCCL_IB_DISABLE are 1")
            return
        launched = case.plan.launcher is not None and case.plan.launcher.value == "accelerate"
        yield Problem(
            message=f"{len(cards)} RTX 40 cards are used with driver {driver}, which wrongly offers peer-to-peer "
            "copies",
            consequence="accelerate sets the variables below itself and warns"
            if launched
            else "NCCL hangs, or accelerate stops",
            error_text="NotImplementedError: Using RTX 4000 series doesn't support faster communication broadband "
            "via P2P or IB.",
            fix="Upgrade the driver to 550.40.07 or newer, or switch peer-to-peer off:",
            command="export NCCL_P2P_DISABLE=1 NCCL_IB_DISABLE=1",
            setting=processes(case).setting,
            fact="nvidia_driver.version",
            evidence=f"driver {driver}",
            severity=Severity.INFO if launched else Severity.WARNING,
        )
