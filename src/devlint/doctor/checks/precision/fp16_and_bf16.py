"""XDC212."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.words import in_its_place
from devlint.findings import Confidence, RuleMeta, Severity


class Fp16AndBf16(Check):
    """float16 and bfloat16 are both switched on

    ## What it does
    Looks for configs that set both.

    ## Why is this bad
    A job has one compute type. transformers and DeepSpeed refuse both; which of two files wins is not obvious.

    ## Example
    ```yaml
    fp16: true
    bf16: true
    ```

    ## Use instead
    ```yaml
    bf16: true
    ```

    ## Known problems
    None known.

    ## References
    - [transformers: TrainingArguments](https://huggingface.co/docs/transformers/main_classes/trainer)
    """

    meta = RuleMeta(
        "XDC212",
        "fp16-and-bf16",
        "float16 and bfloat16 both switched on",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Both flags."""
        half, brain = case.asked("fp16", "fp16"), case.asked("bf16", "bf16")
        if not (half.value and brain.value):
            yield Passed("at most one of fp16 and bf16 is on")
            return
        yield Problem(
            message=f"`{half.key}` and `{brain.key}` are both on",
            consequence="the trainer stops before training",
            error_text="ValueError: At most one of fp16 and bf16 can be True, but not both",
            fix="Keep one: bfloat16 from Ampere on, float16 before:",
            command=in_its_place(half, "false"),
            setting=half,
            others=(brain,),
        )
