"""XDC313."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import CannotTell, Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.findings import Confidence, RuleMeta, Severity


class DsGaDouble(Check):
    """Gradient accumulation is set in DeepSpeed's config under Lightning

    ## What it does
    Looks for `gradient_accumulation_steps` in a DeepSpeed config of a job that Lightning runs.

    ## Why is this bad
    Lightning passes its own `accumulate_grad_batches` on to DeepSpeed and refuses a config that sets it, too.

    ## Example
    ```json
    {"zero_optimization": {"stage": 2}, "gradient_accumulation_steps": 4}
    ```

    ## Use instead
    ```yaml
    trainer:
      strategy: deepspeed_stage_2
      accumulate_grad_batches: 4
    ```

    ## Known problems
    None known.

    ## References
    - [Lightning-AI/pytorch-lightning#19891](https://github.com/Lightning-AI/pytorch-lightning/issues/19891)
    """

    meta = RuleMeta(
        "XDC313",
        "ds-ga-double",
        "accumulation steps in a DeepSpeed config that Lightning also sets",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The key, under Lightning."""
        steps = case.plan.other.get("deepspeed.gradient_accumulation_steps")
        framework = case.plan.framework
        if steps is None:
            raise DoesNotApply("no DeepSpeed config sets gradient_accumulation_steps")
        if framework is None:
            raise CannotTell("no config says whether Lightning runs the job")
        if framework.value != "lightning":
            yield Passed(f"{framework.value} runs the job")
            return
        yield Problem(
            message=f"`{steps.key}` is {steps.value} in DeepSpeed's config, and Lightning runs the job",
            consequence="Lightning stops before training",
            error_text="MisconfigurationException: Do not set `gradient_accumulation_steps` in the DeepSpeed config "
            "as this will be set with the `accumulate_grad_batches` argument passed via the Lightning Trainer.",
            fix="Remove it there, and tell Lightning:",
            command=f"accumulate_grad_batches: {1 if steps.value == 'auto' else steps.value}",
            setting=steps,
            others=(framework,),
        )
