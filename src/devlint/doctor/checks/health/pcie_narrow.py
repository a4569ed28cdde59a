"""XDC601."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.reading import nvidia_gpus
from devlint.doctor.checks.words import label
from devlint.findings import Confidence, RuleMeta, Severity


class PcieNarrow(Check):
    """A GPU is connected by a quarter of its PCIe lanes or fewer

    ## What it does
    Compares the lanes in use with those that card and slot could have. The generation is not compared, since it drops
    when the card is idle.

    ## Why is this bad
    A card that can use 16 lanes in a slot with 4, or on a riser, is slow whenever data move to it: loading, offloading,
    several GPUs.

    ## Example
    ```console
    $ nvidia-smi --query-gpu=pcie.link.width.current,pcie.link.width.max --format=csv,noheader
    4, 16
    ```

    ## Use instead
    ```console
    $ sudo dmidecode -t slot | grep -A4 x16      # find a slot with 16 lanes, and move the card
    ```

    ## Known problems
    8 of 16 lanes are not reported: two cards in one desktop usually share them, at little cost.

    ## References
    - [DCGM diagnostics, PCIe](https://docs.nvidia.com/datacenter/dcgm/latest/user-guide/dcgm-diagnostics.html)
    """

    meta = RuleMeta(
        "XDC601",
        "pcie-narrow",
        "a GPU in a narrow PCIe slot",
        Severity.INFO,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each GPU's lanes."""
        problems: list[Verdict] = []
        for gpu in nvidia_gpus(case):
            path = f"gpus.{gpu.index}.health"
            lanes = case.need(gpu.health.pcie_width, f"{path}.pcie_width", "how many PCIe lanes the GPU uses")
            most = case.need(gpu.health.pcie_width_max, f"{path}.pcie_width_max", "how many PCIe lanes it could use")
            if 0 < lanes * 4 <= most:
                problems.append(
                    Problem(
                        message=f"{label(gpu)} uses {lanes} of {most} PCIe lanes",
                        consequence="copies to it take several times longer",
                        fix="Move the card to a slot with all lanes; see which there are:",
                        command="sudo dmidecode -t slot",
                        fact=f"{path}.pcie_width",
                        evidence=f"{lanes} of {most} lanes",
                    )
                )
        yield from problems or [Passed("the PCIe lanes are in use")]
