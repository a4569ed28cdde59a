"""XDC602."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.reading import nvidia_gpus
from devlint.doctor.checks.words import label
from devlint.findings import Confidence, RuleMeta, Severity


class PowerCap(Check):
    """A GPU's power limit is below its default

    ## What it does
    Compares the power limit in force with the card's default.

    ## Why is this bad
    A lower limit makes the card slower under load. It may be wanted: for heat, noise or the price of power.

    ## Example
    ```console
    $ nvidia-smi --query-gpu=enforced.power.limit,power.default_limit --format=csv,noheader
    250.00 W, 450.00 W
    ```

    ## Use instead
    ```console
    $ sudo nvidia-smi -pl 450
    ```

    ## Known problems
    Less than a tenth below the default is not reported.

    ## References
    - [nvidia-smi](https://docs.nvidia.com/deploy/nvidia-smi/index.html)
    """

    meta = RuleMeta(
        "XDC602",
        "power-cap",
        "a GPU whose power is capped",
        Severity.INFO,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each GPU's limits."""
        problems: list[Verdict] = []
        for gpu in nvidia_gpus(case):
            path = f"gpus.{gpu.index}.health"
            limit = case.need(gpu.health.power_limit, f"{path}.power_limit", "the GPU's power limit")
            default = case.need(gpu.health.power_default, f"{path}.power_default", "the GPU's default power limit")
            if limit < default * 0.9:
                problems.append(
                    Problem(
                        message=f"{label(gpu)} is limited to {limit:.0f} W of {default:.0f} W",
                        consequence="it is slower under load than the card could be",
                        fix="If the limit is not wanted, lift it:",
                        command=f"sudo nvidia-smi -i {gpu.index} -pl {default:.0f}",
                        fact=f"{path}.power_limit",
                        evidence=f"{limit:.0f} W, and {default:.0f} W by default",
                    )
                )
        yield from problems or [Passed("the power limit is the default")]
