"""XDC608."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import is_for_servers, nvidia_gpus
from devlint.doctor.checks.words import label
from devlint.findings import Confidence, RuleMeta, Severity


class TdrWddm(Check):
    """Windows drives a compute card as a display

    ## What it does
    On Windows, looks for data-centre and workstation cards without a display whose driver model is WDDM.

    ## Why is this bad
    Under WDDM Windows ends kernels that run longer than two seconds (TDR) and manages the memory itself. Compute cards
    can use TCC or MCDM instead.

    ## Example
    ```console
    > nvidia-smi --query-gpu=driver_model.current --format=csv,noheader
    WDDM
    ```

    ## Use instead
    ```console
    > nvidia-smi -i 0 -dm TCC
    ```

    ## Known problems
    GeForce cards have no other model and are not reported.

    ## References
    - [NVIDIA: TCC](https://docs.nvidia.com/nsight-visual-studio-edition/reference/index.html)
    - [Windows: timeout detection and recovery](https://learn.microsoft.com/windows-hardware/drivers/display/timeout-detection-and-recovery)
    """

    meta = RuleMeta(
        "XDC608",
        "tdr-wddm",
        "a compute card that Windows treats as a display",
        Severity.INFO,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each compute card."""
        host = case.need(case.facts.host, "host", "the operating system")
        if host.system != "Windows":
            raise DoesNotApply("this is not Windows")
        cards = [gpu for gpu in nvidia_gpus(case) if is_for_servers(gpu) and not gpu.health.display_active]
        if not cards:
            raise DoesNotApply("no compute card without a display")
        problems: list[Verdict] = []
        for gpu in cards:
            path = f"gpus.{gpu.index}.driver_model"
            model = case.need(gpu.driver_model, path, "the driver model")
            if model.upper() == "WDDM":
                problems.append(
                    Problem(
                        message=f"{label(gpu)} runs under WDDM",
                        consequence="Windows ends kernels that take longer than two seconds",
                        error_text="CUDA error: the launch timed out and was terminated",
                        fix="Switch the card to TCC (as administrator, then restart):",
                        command=f"nvidia-smi -i {gpu.index} -dm TCC",
                        fact=path,
                        evidence="the driver model is WDDM",
                    )
                )
        yield from problems or [Passed("compute cards are not under WDDM")]
