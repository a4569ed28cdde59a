"""XDC202."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.reading import capability, nvidia_job_gpus
from devlint.doctor.checks.script import dotted, script_of
from devlint.doctor.checks.words import dots, label
from devlint.findings import Confidence, RuleMeta, Severity


class Bf16FalseYes(Check):
    """The script asks for bfloat16 support in a way that counts emulation

    ## What it does
    In the job's script, looks for `torch.cuda.is_bf16_supported()` without `including_emulation=False`, where the job's
    GPU has no bfloat16.

    ## Why is this bad
    By default the function says True on every GPU that can emulate bfloat16, a Tesla T4 included, and the script then
    takes the slow path.

    ## Example
    ```python
    import torch

    dtype = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    ```

    ## Use instead
    ```python
    import torch

    native = torch.cuda.is_bf16_supported(including_emulation=False)
    dtype = torch.bfloat16 if native else torch.float16
    ```

    ## Known problems
    Only the script itself is read, not what it imports.

    ## References
    - [torch/cuda/__init__.py](https://github.com/pytorch/pytorch/blob/main/torch/cuda/__init__.py)
    """

    meta = RuleMeta(
        "XDC202",
        "bf16-false-yes",
        "a bfloat16 test that says yes to emulation",
        Severity.WARNING,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The script's calls, for a GPU where the answer differs."""
        script = script_of(case)
        calls = [
            call
            for call in script.calls("torch.cuda.is_bf16_supported")
            if not call.args and not any(word.arg == "including_emulation" for word in call.keywords)
        ]
        if not calls:
            yield Passed(f"{script.path} does not ask, or asks without emulation")
            return
        slow = [gpu for gpu in nvidia_job_gpus(case) if capability(case, gpu) < (8, 0)]
        if not slow:
            yield Passed("the GPU computes in bfloat16, so the answer is right")
            return
        for call in calls:
            yield Problem(
                message=f"`{dotted(call.func)}()` says True on {label(slow[0])}, which only emulates bfloat16",
                consequence="the script then computes in bfloat16, slower than in float32",
                fix="Ask for hardware support:",
                command=f"{dotted(call.func)}(including_emulation=False)",
                setting=script.place(call),
                fact=f"gpus.{slow[0].index}.compute_capability",
                evidence=f"{label(slow[0])} has compute capability {dots(slow[0])}, bfloat16 begins at 8.0",
            )
