"""XDC308."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, Passed, Problem, Verdict
from devlint.doctor.checks.reading import job_gpus, memory_of
from devlint.doctor.checks.words import GIB, in_its_place, label
from devlint.doctor.memory import show_bytes
from devlint.findings import Confidence, RuleMeta, Severity


class VllmUtil(Check):
    """vLLM reserves more memory than is free

    ## What it does
    Compares `gpu_memory_utilization` times the GPU's memory with what is free.

    ## Why is this bad
    vLLM takes its share of the *whole* card at start (90 % unless told) and stops if that is not free.

    ## Example
    ```shell
    vllm serve ./model --gpu-memory-utilization 0.95      # with 31 of 47 GiB free
    ```

    ## Use instead
    ```shell
    vllm serve ./model --gpu-memory-utilization 0.6
    ```

    ## Known problems
    None known.

    ## References
    - [vllm-project/vllm#20305](https://github.com/vllm-project/vllm/issues/20305)
    """

    meta = RuleMeta(
        "XDC308",
        "vllm-util",
        "less free memory than vLLM reserves",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Each GPU of the job."""
        setting = case.asked("gpu_memory_utilization", "a share of the GPU's memory (vLLM)")
        problems: list[Verdict] = []
        for gpu in job_gpus(case):
            total = memory_of(case, gpu)
            free = case.need(gpu.memory_free, f"gpus.{gpu.index}.memory_free", "the GPU's free memory")
            wanted = setting.value * total
            if free < wanted:
                figures = f"({free / GIB:.2f}/{total / GIB:.2f} GiB)"
                desired = f"desired GPU memory utilization ({setting.value}, {wanted / GIB:.2f} GiB)"
                problems.append(
                    Problem(
                        message=f"`{setting.key}` {setting.value} of {label(gpu)} is {show_bytes(wanted)}, and "
                        f"{show_bytes(free)} are free",
                        consequence="vLLM does not start",
                        error_text=f"ValueError: Free memory on device {figures} on startup is less than {desired}.",
                        fix="Free the card, or reserve less:",
                        command=in_its_place(setting, int(free / total * 100) / 100),
                        setting=setting,
                        fact=f"gpus.{gpu.index}.memory_free",
                        evidence=f"{show_bytes(free)} of {show_bytes(total)} are free",
                    )
                )
        yield from problems or [Passed("there is enough free memory for vLLM's share")]
