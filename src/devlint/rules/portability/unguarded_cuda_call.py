"""XDV307."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.model.torchapi import RAISES_WITHOUT_CUDA
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import safe
from devlint.rules.support import is_for_cuda
from devlint.rules.triggers import CUDA_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.findings import Fix
    from devlint.flow.events import ApiCall
    from devlint.rules.base import Case


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
    Code that only ever runs on CUDA is flagged where nothing says so: switch the rule off there with
    `per-file-ignores`. Streams, events, graphs, and calls that name a device are not flagged.

    ## Fix safety
    Safe: with CUDA nothing changes, and without it the call only raises. There is a fix for calls whose result
    nobody uses.

    ## References
    - [torch.cuda](https://pytorch.org/docs/stable/cuda.html)
    - [torch.accelerator](https://pytorch.org/docs/stable/accelerator.html)
    """

    meta = RuleMeta(
        "XDV307",
        "unguarded-cuda-call",
        "a `torch.cuda` function that raises without CUDA",
        Severity.WARNING,
        Confidence.MEDIUM,
        pedantic=True,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (CUDA_WORDS,)

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """A function that raises without CUDA."""
        if event.name not in RAISES_WITHOUT_CUDA or event.frame.asks_about_devices:
            return
        if event.name.rpartition(".")[2] not in _PORTABLE_CODE_CALLS or any(event.arguments.each()):
            return  # whoever names a device, or makes streams and events, has thought about it
        if is_for_cuda(self.context, event.frame):
            return
        yield Report(
            event.node,
            f"`{event.name}` raises on a machine without CUDA, and nothing here asks whether it is there",
            (),
            "Call it under `if torch.cuda.is_available():`, or use `torch.accelerator`.",
        )

    def fix(self, case: Case) -> Fix | None:
        """Put a statement that is only this call under a condition."""
        import libcst as cst

        statement = case.edit.statement_of(case.node)
        cuda, dot, _ = self.text(case.node.func).rpartition("cuda.")
        if statement is None or not dot or not case.edit.is_alone(statement) or len(statement.body) > 1:
            return None
        small = statement.body[0]
        if not isinstance(small, cst.Expr) or small.value is not case.node:
            return None
        condition = f"if {cuda}cuda.is_available():"
        return safe((f"Put it under `{condition}`", (case.edit.put_under(statement, condition),)))


_PORTABLE_CODE_CALLS = frozenset(
    "synchronize current_device current_stream get_device_name get_device_capability get_device_properties".split()
)
"""What code calls that means to run everywhere; who makes streams, events and graphs works for CUDA."""
