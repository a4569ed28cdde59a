"""XDC305."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from devlint.doctor.checks.base import CannotTell, Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.fitting import in_checkpoints_type
from devlint.doctor.checks.reading import processes, smallest_gpu
from devlint.doctor.checks.words import label
from devlint.doctor.memory import ModelError, estimate, job_of, show_bytes
from devlint.findings import Confidence, RuleMeta, Severity


class WeightsVsVram(Check):
    """The model's weights alone do not fit into the GPU's memory

    ## What it does
    Compares the bytes of the weights, as they are loaded and spread over GPUs, with the smallest GPU that the job uses.

    ## Why is this bad
    For inference the number of parameters decides: 7 billion take 14 GB in half precision, before anything is computed.

    ## Example
    ```shell
    python generate.py --model ./Llama-2-13b --dtype float16      # 24 GiB of weights, 12 GiB card
    ```

    ## Use instead
    ```shell
    python generate.py --model ./Llama-2-13b --load_in_4bit
    ```

    ## Known problems
    Layers that `device_map="auto"` leaves in RAM are not known from configs.

    ## References
    - [Big model inference](https://huggingface.co/docs/accelerate/usage_guides/big_modeling)
    """

    meta = RuleMeta(
        "XDC305",
        "weights-vs-vram",
        "weights that do not fit into the GPU",
        Severity.ERROR,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The weights' part of the estimate against the card."""
        plan = case.plan
        setting = plan.parameters or plan.model or case.asked("parameters", "the size of the model")
        gpu, memory = smallest_gpu(case)
        if plan.micro_batch is not None:
            raise DoesNotApply("the job trains: see `batch-vs-vram`")
        try:
            model, said = job_of(plan).resolve()
        except ModelError as error:
            raise CannotTell(str(error)) from None
        setup = in_checkpoints_type(case, replace(said, training=False))
        whole = next((part.size.likely for part in estimate(model, setup).parts if part.name == "weights"), 0)
        weights = whole // (
            processes(case).value if plan.framework is not None and plan.framework.value == "vllm" else 1
        )
        if weights <= memory:
            yield Passed(f"the weights take {show_bytes(weights)} of {label(gpu)}'s {show_bytes(memory)}")
            return
        yield Problem(
            message=f"the weights of `{setting.key}` {setting.value} take {show_bytes(weights)} in {setup.dtype}, and "
            f"{label(gpu)} has {show_bytes(memory)}",
            consequence="loading the model runs out of memory",
            error_text="torch.OutOfMemoryError: CUDA out of memory.",
            fix="Load it in 4 bits, spread it over GPUs, or leave layers in RAM:",
            command='from_pretrained(id, device_map="auto", quantization_config=BitsAndBytesConfig(load_in_4bit=True))',
            setting=setting,
            fact=f"gpus.{gpu.index}.memory_total",
            evidence=f"{label(gpu)} has {show_bytes(memory)}",
        )
