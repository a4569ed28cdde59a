"""XDC215."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import asked_for
from devlint.doctor.checks.words import in_its_place
from devlint.findings import Confidence, RuleMeta, Severity


class CpuBf16(Check):
    """The job computes in bfloat16 on a processor that has no instructions for it

    ## What it does
    For jobs on the CPU that ask for bfloat16, looks for AVX512-BF16 or AMX (x86) or the bf16 extension (Arm).

    ## Why is this bad
    Without them every product is converted to float32 and back, slower than float32 alone.

    ## Example
    ```shell
    python train.py --device cpu --precision bf16
    ```

    ## Use instead
    ```shell
    python train.py --device cpu --precision fp32
    ```

    ## Known problems
    A virtual machine may hide instructions that the processor has.

    ## References
    - [Intel: bfloat16 with PyTorch](https://pytorch.org/docs/stable/amp.html#cpu-training-with-autocast)
    """

    meta = RuleMeta(
        "XDC215",
        "cpu-bf16",
        "bfloat16 on a processor without it",
        Severity.INFO,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The processor's features."""
        setting = asked_for(case, "bf16")
        if case.plan.wants_gpu is not False:
            raise DoesNotApply("no config says that the job runs on the CPU")
        cpu = case.need(case.facts.cpu, "cpu", "the processor")
        features = case.need(cpu.features, "cpu.features", "the processor's instructions")
        if _FAST & set(features):
            yield Passed(f"the processor has {', '.join(sorted(_FAST & set(features)))}")
            return
        yield Problem(
            message=f"`{setting.key}` asks for bfloat16, and {cpu.model or 'the processor'} has no instructions for it",
            consequence="every product is converted to float32 and back, slower than float32 alone",
            fix="Use float32 on this processor:",
            command=in_its_place(setting, "fp32"),
            setting=setting,
            fact="cpu.features",
            evidence="none of avx512_bf16, amx_bf16 and bf16 is there",
        )


_FAST = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
"""Processor flags as Linux names them; `bf16` is Arm's."""
