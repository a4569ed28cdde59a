"""XDC306."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.fitting import memory_plan
from devlint.doctor.checks.reading import smallest_gpu
from devlint.doctor.checks.words import in_its_place, label
from devlint.doctor.memory import estimate, show_bytes
from devlint.findings import Confidence, RuleMeta, Severity


class KvVsVram(Check):
    """The weights fit, and the KV cache for the whole context does not

    ## What it does
    For inference, adds the keys and values of the longest context and the batch to the weights.

    ## Why is this bad
    The cache grows with length and batch. vLLM refuses to start if not one sequence of the full length fits; other
    programs run out of memory once a text is long enough.

    ## Example
    ```shell
    vllm serve ./Llama-3.1-8B --max-model-len 131072      # on a 24 GiB card
    ```

    ## Use instead
    ```shell
    vllm serve ./Llama-3.1-8B --max-model-len 16384
    ```

    ## Known problems
    Models with sliding windows need less than is computed here.

    ## References
    - [vLLM: conserving memory](https://docs.vllm.ai/en/latest/configuration/conserving_memory.html)
    """

    meta = RuleMeta(
        "XDC306",
        "kv-vs-vram",
        "a context for which the KV cache does not fit",
        Severity.WARNING,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Weights and cache against the card."""
        setting = case.asked("sequence_length", "a length of the context")
        gpu, memory = smallest_gpu(case)
        model, setup = memory_plan(case)
        if setup.training:
            raise DoesNotApply("the job trains: see `batch-vs-vram`")
        result = estimate(model, setup)
        sizes = {part.name: part.size.likely for part in result.parts}
        if sizes.get("weights", 0) > memory:
            raise DoesNotApply("the weights alone do not fit: see `weights-vs-vram`")
        cache = sizes.get("KV cache", 0)
        if result.peak.likely <= memory:
            yield Passed(f"weights and a cache of {show_bytes(cache)} fit into {label(gpu)}")
            return
        left = max(0, memory - (result.peak.likely - cache))
        tokens = int(setup.sequence * left / cache) // 256 * 256 if cache else setup.sequence // 2
        yield Problem(
            message=f"`{setting.key}` {setting.value} needs a KV cache of {show_bytes(cache)} beside "
            f"{show_bytes(sizes.get('weights', 0))} of weights, and {label(gpu)} has {show_bytes(memory)}",
            consequence="vLLM does not start, other programs run out of memory once texts are long",
            error_text="ValueError: The model's max seq len is larger than the maximum number of tokens that can be "
            "stored in KV cache.",
            fix="Lower the longest context or the batch:",
            command=in_its_place(setting, max(256, tokens)),
            setting=setting,
            fact=f"gpus.{gpu.index}.memory_total",
            evidence=f"{label(gpu)} has {show_bytes(memory)}",
        )
