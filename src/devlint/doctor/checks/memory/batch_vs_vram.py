"""XDC303."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from devlint.doctor.checks.base import CannotTell, Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.fitting import memory_plan
from devlint.doctor.checks.reading import smallest_gpu
from devlint.doctor.checks.words import in_its_place, label
from devlint.doctor.memory import Change, advise, estimate, largest_batch, show_bytes, show_count
from devlint.findings import Confidence, RuleMeta, Severity


class BatchVsVram(Check):
    """The batch does not fit into the GPU's memory

    ## What it does
    Estimates the peak of one training step (weights, gradients, optimizer, activations, logits, CUDA's own) and
    compares it with the smallest GPU that the job uses.

    ## Why is this bad
    The step ends with "CUDA out of memory", mostly in the first backward pass or in the first optimizer step.

    ## Example
    ```shell
    python train.py --params 1.5B --per_device_train_batch_size 16      # RTX 3060, 12 GiB
    ```

    ## Use instead
    ```shell
    python train.py --params 1.5B --per_device_train_batch_size 1 --gradient_accumulation_steps 16 \\
        --gradient_checkpointing
    ```

    ## Known problems
    An estimate is a range. It is an error where even its lower end is too much, and a warning where its likely value
    is.

    ## References
    - [CUDA memory management](https://pytorch.org/docs/stable/notes/cuda.html#memory-management)
    """

    meta = RuleMeta(
        "XDC303",
        "batch-vs-vram",
        "a batch that does not fit into the GPU",
        Severity.ERROR,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The estimate against the card."""
        setting = case.plan.micro_batch or case.plan.batch or case.asked("micro_batch", "a batch size")
        gpu, memory = smallest_gpu(case)
        model, setup = memory_plan(case)
        if not setup.training:
            raise DoesNotApply("the job does not train: see `kv-vs-vram`")
        peak = estimate(model, setup).peak
        if peak.likely <= memory:
            yield Passed(f"a batch of {setup.batch} needs {peak}, and {label(gpu)} has {show_bytes(memory)}")
            return
        if _is_spread_elsewhere(case):
            raise CannotTell(f"no config says how the model is spread over GPUs (ZeRO, FSDP); one alone needs {peak}")
        fit = largest_batch(model, setup, memory)
        changes = advise(model, setup, memory)
        yield Problem(
            message=f"`{setting.key}` {setting.value} needs {peak}, and {label(gpu)} has {show_bytes(memory)}",
            consequence="training runs out of memory"
            if peak.low > memory
            else "training most likely runs out of memory",
            error_text="torch.OutOfMemoryError: CUDA out of memory.",
            fix=_advice(changes),
            command=in_its_place(setting, fit.likely)
            if fit.likely
            else f"devlint doctor --params {show_count(model.parameters)} --batch-size 1 --lora 16",
            setting=setting,
            fact=f"gpus.{gpu.index}.memory_total",
            evidence=f"{label(gpu)} has {show_bytes(memory)}",
            severity=Severity.ERROR if peak.low > memory else Severity.WARNING,
        )


def _advice(changes: Sequence[Change]) -> str:
    """The first steps towards fitting, as one sentence."""
    if not changes:
        return "Use a smaller model or a larger GPU; see what fits:"
    text = "; then ".join(change.text for change in changes[:2])
    return f"{text[0].upper()}{text[1:]}:"


def _is_spread_elsewhere(case: Case) -> bool:
    """Whether a file that is not here may shard the model, as accelerate's and DeepSpeed's configs do."""
    plan = case.plan
    if plan.zero_stage is not None or plan.strategy is not None or plan.lora_rank is not None:
        return False
    launched = plan.launcher is not None and plan.launcher.value in ("accelerate", "deepspeed")
    return launched or (plan.launcher is None and plan.framework is not None and plan.framework.value == "transformers")
