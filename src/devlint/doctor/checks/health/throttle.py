"""XDC603."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.reading import nvidia_gpus
from devlint.doctor.checks.words import label
from devlint.findings import Confidence, RuleMeta, Severity


class Throttle(Check):
    """A GPU is slowing down for heat or for its power supply

    ## What it does
    Reads the driver's reasons for the present clocks and looks for thermal ones and for the hardware's power brake. The
    software power cap is normal under load and not reported.

    ## Why is this bad
    The card runs at a fraction of its speed until it is cooler, and the fault (dust, a fan, a supply) stays.

    ## Example
    ```console
    $ nvidia-smi -q -d PERFORMANCE | grep -i active
            HW Thermal Slowdown               : Active
    ```

    ## Use instead
    ```console
    $ nvidia-smi --query-gpu=temperature.gpu,fan.speed --format=csv -l 5      # watch it while you clean or cool
    ```

    ## Known problems
    It is a look at one moment; an idle card is never throttled.

    ## References
    - [nvidia-smi: clocks event reasons](https://docs.nvidia.com/deploy/nvidia-smi/index.html)
    """

    meta = RuleMeta(
        "XDC603",
        "throttle",
        "a GPU that slows down for heat or power",
        Severity.WARNING,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each GPU's reasons."""
        problems: list[Verdict] = []
        for gpu in nvidia_gpus(case):
            path = f"gpus.{gpu.index}.health.throttle_reasons"
            reasons = case.need(gpu.health.throttle_reasons, path, "why the GPU runs at its present clocks")
            bad = [reason for reason in reasons if reason in _CAUSES]
            if bad:
                heat = f" at {gpu.health.temperature} °C" if gpu.health.temperature is not None else ""
                problems.append(
                    Problem(
                        message=f"{label(gpu)} is slowed down by {_CAUSES[bad[0]]}{heat}",
                        consequence="it computes at a fraction of its speed",
                        fix="Clean or cool the card, check its power cables, and watch it:",
                        command=f"nvidia-smi -i {gpu.index} --query-gpu=temperature.gpu,fan.speed,clocks.sm "
                        "--format=csv -l 5",
                        fact=path,
                        evidence=", ".join(bad),
                    )
                )
        yield from problems or [Passed("no GPU is slowed down")]


_CAUSES = {
    "hw-thermal-slowdown": "heat",
    "sw-thermal-slowdown": "heat",
    "hw-power-brake-slowdown": "its power supply",
    "hw-slowdown": "heat or its power supply",
}
