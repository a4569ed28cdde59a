"""XDC302."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.builds import torch_build
from devlint.doctor.checks.reading import all_gpus
from devlint.doctor.checks.words import in_its_place, label
from devlint.findings import Confidence, RuleMeta, Severity


class GpuUnused(Check):
    """The job runs on the CPU, and the machine has a usable GPU

    ## What it does
    Looks for configs that name the CPU on a machine where torch can use a GPU.

    ## Why is this bad
    Training on the CPU is usually ten to a hundred times slower. The setting may be left over from debugging.

    ## Example
    ```yaml
    use_cpu: true
    ```

    ## Use instead
    ```yaml
    use_cpu: false
    ```

    ## Known problems
    Small models and tests may be meant for the CPU; ignore this then.

    ## References
    - [Lightning: accelerators](https://lightning.ai/docs/pytorch/stable/extensions/accelerator.html)
    """

    meta = RuleMeta(
        "XDC302",
        "gpu-unused",
        "a job on the CPU of a machine with a GPU",
        Severity.INFO,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The config against the hardware."""
        device = case.asked("device_type", "a device")
        if device.value != "cpu":
            raise DoesNotApply(f"the job runs on {device.value}")
        torch = torch_build(case)
        usable = torch.cuda_available or torch.mps_available or torch.xpu_available
        if not case.need(usable, "torch.cuda_available", "whether torch can use a GPU"):
            yield Passed("torch can use no GPU here")
            return
        gpus = all_gpus(case)
        yield Problem(
            message=f"`{device.key}` puts the job on the CPU, and torch can use {label(gpus[0])}",
            consequence="it runs many times slower than it could",
            error_text="GPU available but not used",
            fix="Use the GPU, if the CPU is not meant:",
            command=in_its_place(device, "mps" if torch.mps_available else "cuda"),
            setting=device,
            fact=f"gpus.{gpus[0].index}",
            evidence=f"{label(gpus[0])} is there, and torch can use it",
        )
