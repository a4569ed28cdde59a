"""XDC207."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import capability, nvidia_job_gpus
from devlint.doctor.checks.words import dots, in_its_place, label
from devlint.findings import Confidence, RuleMeta, Severity


class FlashAttnCc(Check):
    """The job asks for FlashAttention, which does not support the GPU

    ## What it does
    Looks for `flash_attention_2` on GPUs below compute capability 8.0, and for `flash_attention_3` on others than
    Hopper.

    ## Why is this bad
    FlashAttention 2 needs Ampere or newer and fails at the first forward pass. torch's own attention (`sdpa`) picks a
    kernel that the GPU has.

    ## Example
    ```yaml
    # Tesla T4
    attn_implementation: flash_attention_2
    ```

    ## Use instead
    ```yaml
    attn_implementation: sdpa
    ```

    ## Known problems
    None known.

    ## References
    - [Dao-AILab/flash-attention#762](https://github.com/Dao-AILab/flash-attention/issues/762)
    - [transformers: attention](https://huggingface.co/docs/transformers/attention_interface)
    """

    meta = RuleMeta(
        "XDC207",
        "flash-attn-cc",
        "FlashAttention on a GPU that it does not support",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each GPU of the job."""
        setting = case.asked("attention", "an attention implementation")
        kind = str(setting.value).replace("flash_attn", "flash_attention")
        if not kind.startswith("flash_attention"):
            raise DoesNotApply(f"the job uses {setting.value}")
        third = kind.endswith("3")
        for gpu in nvidia_job_gpus(case):
            number = capability(case, gpu)
            if number < (8, 0) or (third and number[0] != 9):
                yield Problem(
                    message=f"`{setting.key}` is {setting.value}, which {label(gpu)} (compute capability "
                    f"{dots(gpu)}) cannot run",
                    consequence="the first forward pass fails",
                    error_text="FlashAttention-3 only supports Hopper GPUs"
                    if third
                    else "RuntimeError: FlashAttention only supports Ampere GPUs or newer.",
                    fix="Use torch's own attention:",
                    command=in_its_place(setting, "flash_attention_2" if third and number >= (8, 0) else "sdpa"),
                    setting=setting,
                    fact=f"gpus.{gpu.index}.compute_capability",
                    evidence=f"{label(gpu)} has compute capability {dots(gpu)}",
                )
                return
        yield Passed(f"the GPU runs {setting.value}")
