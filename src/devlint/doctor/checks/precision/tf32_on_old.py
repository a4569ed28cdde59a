"""XDC211."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import gpu_below
from devlint.doctor.checks.words import dots, in_its_place, label
from devlint.findings import Confidence, RuleMeta, Severity


class Tf32OnOld(Check):
    """A config asks for TensorFloat32, and the GPU has none

    ## What it does
    Looks for `tf32: true` on GPUs below compute capability 8.0.

    ## Why is this bad
    transformers refuses to start; plain torch ignores the wish.

    ## Example
    ```yaml
    # Tesla T4
    tf32: true
    ```

    ## Use instead
    ```yaml
    tf32: false
    ```

    ## Known problems
    None known.

    ## References
    - [transformers: TrainingArguments.tf32](https://huggingface.co/docs/transformers/main_classes/trainer)
    """

    meta = RuleMeta(
        "XDC211",
        "tf32-on-old",
        "TensorFloat32 asked of a GPU without it",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each GPU of the job."""
        setting = case.asked("tf32", "TensorFloat32")
        if not setting.value:
            raise DoesNotApply("the job does not ask for TensorFloat32")
        gpu = gpu_below(case, (8, 0))
        if gpu is None:
            yield Passed("the GPU has TensorFloat32")
            return
        yield Problem(
            message=f"`{setting.key}` asks for TensorFloat32, and {label(gpu)} (compute capability {dots(gpu)}) has "
            "none",
            consequence="transformers stops before training",
            error_text="ValueError: --tf32 requires Ampere or a newer GPU arch, cuda>=11 and torch>=1.7",
            fix="Take the setting away:",
            command=in_its_place(setting, "false"),
            setting=setting,
            fact=f"gpus.{gpu.index}.compute_capability",
            evidence=f"{label(gpu)} has compute capability {dots(gpu)}, TensorFloat32 begins at 8.0",
        )
