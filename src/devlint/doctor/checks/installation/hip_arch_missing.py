"""XDC108."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.builds import torch_build
from devlint.doctor.checks.reading import variable, wanted_gpus
from devlint.doctor.checks.words import label
from devlint.doctor.facts import Gpu, GpuVendor
from devlint.findings import Confidence, RuleMeta, Severity


class HipArchMissing(Check):
    """The installed ROCm torch has no code for an AMD GPU

    ## What it does
    Compares each AMD GPU's target (`gfx90a`) with the targets that torch was built for.

    ## Why is this bad
    ROCm builds hold code for a short list of targets, mostly Instinct and the largest Radeon cards. Others fail at the
    first kernel.

    ## Example
    ```console
    $ python -c "import torch; torch.zeros(1).cuda() + 1"      # RX 6600, gfx1032
    RuntimeError: HIP error: invalid device function
    ```

    ## Use instead
    ```console
    $ HSA_OVERRIDE_GFX_VERSION=10.3.0 python train.py      # pretends to be gfx1030; unsupported, and it may hang
    ```

    ## Known problems
    With HSA_OVERRIDE_GFX_VERSION set, the check takes your word for it.

    ## References
    - [pytorch/pytorch#164346](https://github.com/pytorch/pytorch/issues/164346)
    - [pytorch/pytorch#132570](https://github.com/pytorch/pytorch/issues/132570)
    - [ROCm's supported GPUs](https://rocm.docs.amd.com/projects/install-on-linux/en/latest/reference/system-requirements.html)
    """

    meta = RuleMeta(
        "XDC108",
        "hip-arch-missing",
        "an AMD GPU that the installed torch has no code for",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each AMD GPU against the list."""
        gpus = wanted_gpus(case, GpuVendor.AMD)
        torch = torch_build(case)
        if torch.build != "rocm":
            raise DoesNotApply(f"torch {torch.version} is no ROCm build")
        override = variable(case, "HSA_OVERRIDE_GFX_VERSION")
        if override is not None:
            yield Passed(f"HSA_OVERRIDE_GFX_VERSION={override.value} replaces the target")
            return
        listed = case.need(torch.cuda_arch_list, "torch.cuda_arch_list", "which targets torch was built for")
        built = {target.partition(":")[0] for target in listed}
        problems: list[Verdict] = []
        for gpu in gpus:
            target = case.need(gpu.gfx, f"gpus.{gpu.index}.gfx", f"{label(gpu)}'s target").partition(":")[0]
            if target not in built:
                problems.append(_problem(case, gpu, target, sorted(built)))
        yield from problems or [Passed(f"torch has code for {gpus[0].gfx}")]


def _problem(case: Case, gpu: Gpu, target: str, built: list[str]) -> Problem:
    near = _OVERRIDES.get(target[:-1])
    return Problem(
        message=f"torch {torch_build(case).version} has no code for {label(gpu)} ({target})",
        consequence=f"it was built for {' '.join(built)}, so the first kernel fails",
        error_text="RuntimeError: HIP error: invalid device function",
        fix="Let the card pass for its sibling (unsupported, and it may hang):"
        if near
        else "Use a supported card, or build torch for this one:",
        command=f"export HSA_OVERRIDE_GFX_VERSION={near}"
        if near
        else f"PYTORCH_ROCM_ARCH={target} python setup.py install",
        setting=case.plan.device_type if case.plan.wants_gpu else None,
        fact=f"gpus.{gpu.index}.gfx",
        evidence=f"{label(gpu)} is {target}",
    )


_OVERRIDES = {"gfx103": "10.3.0", "gfx110": "11.0.0", "gfx115": "11.5.0", "gfx90": "9.0.0"}
"""Target without its last digit -> the version of the sibling that ROCm supports."""
