"""XDV307."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.values import DeviceValue
from devlint.model.torchapi import RAISES_WITHOUT_CUDA
from devlint.model.torchapi.cuda import CUDA_ONLY_IMPORT
from devlint.rules.base import Report, Rule
from devlint.rules.triggers import CUDA_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.events import ApiCall
    from devlint.flow.values import Value


class UnguardedCudaCall(Rule):
    """A torch.cuda function is called without asking for CUDA

    ## What it does
    Finds calls such as `torch.cuda.synchronize()`, `torch.cuda.current_device()` or `torch.cuda.set_device(0)` which no
    condition about devices guards. Calls that do nothing without CUDA (`empty_cache`, `manual_seed_all`) are fine.

    ## Why is this bad
    On a machine without CUDA these functions raise, although the rest of the program would run on the CPU.

    ## Example
    ```python
    import time

    import torch


    def timed(model, x: torch.Tensor) -> float:
        start = time.perf_counter()
        model(x)
        torch.cuda.synchronize()
        return time.perf_counter() - start
    ```

    ## Use instead
    ```python
    import time

    import torch


    def timed(model, x: torch.Tensor) -> float:
        start = time.perf_counter()
        model(x)
        if x.is_cuda:
            torch.cuda.synchronize(x.device)
        return time.perf_counter() - start
    ```

    ## Known problems
    Code that only ever runs on CUDA is flagged: switch the rule off there with `per-file-ignores`.

    ## References
    - [torch.cuda](https://pytorch.org/docs/stable/cuda.html)
    - [torch.accelerator](https://pytorch.org/docs/stable/accelerator.html)
    """

    meta = RuleMeta(
        "XDV307",
        "unguarded-cuda-call",
        'a `torch.cuda` function that raises without CUDA',
        Severity.WARNING,
        Confidence.HIGH,
    )
    triggers = (CUDA_WORDS,)

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """A function that raises without CUDA."""
        if event.name not in RAISES_WITHOUT_CUDA or event.frame.asks_about_devices:
            return
        if event.name.startswith(("torch.cuda.cudart", "torch.cuda.nvtx", "torch.cuda.profiler")):
            return
        if self.context.file_has(_NEEDS_CUDA):
            return
        if any(_names_a_device(argument.value) for argument in event.arguments.each()):
            return
        yield Report(
            event.node,
            f"`{event.name}` raises on a machine without CUDA, and nothing here asks whether it is there",
            (),
            "Call it under `if torch.cuda.is_available():`, or use `torch.accelerator`.",
        )


_NEEDS_CUDA = re.compile(CUDA_ONLY_IMPORT, re.MULTILINE)


def _names_a_device(value: Value) -> bool:
    """The caller says which device: somebody has thought about it."""
    return isinstance(value, DeviceValue)
