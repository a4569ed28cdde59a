"""XDV305."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.values import Api
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import safe
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.findings import Fix
    from devlint.flow.events import Tested
    from devlint.rules.base import Case


class AvailabilityNotCalled(Rule):
    """`is_available` is not called

    ## What it does
    Finds `torch.cuda.is_available` (also of mps, xpu, accelerator ...) used as a condition without parentheses.

    ## Why is this bad
    A function is always true: the CUDA branch is taken on every machine, and fails where there is no GPU.

    ## Example
    ```python
    import torch

    device = "cuda" if torch.cuda.is_available else "cpu"
    ```

    ## Use instead
    ```python
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    ```

    ## Known problems
    None known.

    ## Fix safety
    Safe: with CUDA the answer is the same as before; without it, the code goes the way that was meant for it.

    ## References
    - [torch.cuda.is_available](https://pytorch.org/docs/stable/generated/torch.cuda.is_available.html)
    """

    meta = RuleMeta(
        "XDV305",
        "availability-not-called",
        "`is_available` used without a call",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.ALWAYS,
    )
    triggers = (Trigger(frozenset({"is_available", "is_initialized"})),)

    def on_tested(self, event: Tested) -> Iterator[Report]:
        """A function of PyTorch as a condition."""
        value = event.value
        if not isinstance(value, Api) or not value.name.startswith("torch."):
            return
        if value.name.rpartition(".")[2] not in ("is_available", "is_initialized"):
            return
        text = self.text(event.node)
        yield Report(
            event.node, f"`{text}` is a function, which is always true: it is not called", (), f"Write `{text}()`."
        )

    def fix(self, case: Case) -> Fix | None:
        """Call it."""
        return safe(("Call it", (case.edit.insert_after(case.node, "()"),)))
