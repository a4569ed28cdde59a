"""XDC203."""

from __future__ import annotations

import re
from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.reading import asked_for, nvidia_job_gpus
from devlint.doctor.checks.words import in_its_place
from devlint.findings import Confidence, RuleMeta, Severity


class Fp16Gtx16(Check):
    """The job computes in float16 on a GTX 16 card, where NaNs have been seen

    ## What it does
    Looks for float16 on cards of the GTX 16 series.

    ## Why is this bad
    GTX 1650 and 1660 cards have produced NaN losses with float16 convolutions in several cuDNN versions, where the same
    code trains on other cards.

    ## Example
    ```shell
    yolo train model=yolo11n.pt amp=True      # GTX 1660: train/box_loss nan
    ```

    ## Use instead
    ```shell
    yolo train model=yolo11n.pt amp=False
    ```

    ## Known problems
    Not every model is hit. If your losses are finite, ignore this.

    ## References
    - [pytorch/pytorch#58123](https://github.com/pytorch/pytorch/issues/58123)
    - [pytorch/pytorch#77955](https://github.com/pytorch/pytorch/issues/77955)
    """

    meta = RuleMeta(
        "XDC203",
        "fp16-gtx16",
        "float16 on a GTX 16 card",
        Severity.WARNING,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The name of each GPU of the job."""
        setting = asked_for(case, "fp16")
        for gpu in nvidia_job_gpus(case):
            if re.search(r"GTX 16[356]0", case.need(gpu.name, f"gpus.{gpu.index}.name", "the GPU's name")):
                yield Problem(
                    message=f"`{setting.key}` asks for float16 on {gpu.name}",
                    consequence="losses have become NaN with float16 on cards of this series",
                    error_text="loss: nan",
                    fix="Use float32 if the loss is not finite:",
                    command=in_its_place(setting, "fp32"),
                    setting=setting,
                    fact=f"gpus.{gpu.index}.name",
                    evidence=f"the card is {gpu.name}",
                )
                return
        yield Passed("no card of the GTX 16 series")
