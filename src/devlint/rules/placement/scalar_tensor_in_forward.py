"""XDV108."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.devices import device_of
from devlint.flow.values import Number
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import unsafe
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.findings import Fix
    from devlint.flow.events import ApiCall
    from devlint.rules.base import Case


class ScalarTensorInForward(Rule):
    """A number is copied to the accelerator at every forward

    ## What it does
    Finds `torch.tensor(2.0, device=x.device)` in the `forward` of a module.

    ## Why is this bad
    `torch.tensor` makes the tensor in CPU memory and copies it: a transfer from the host in the middle of the forward
    pass, which waits for the copy and cannot be captured in a CUDA graph. `torch.full` hands the number to a kernel,
    and a plain Python number needs no tensor at all.

    ## Example
    ```python
    import torch
    from torch import nn


    class Scale(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * torch.tensor(0.5, device=x.device)
    ```

    ## Use instead
    ```python
    import torch
    from torch import nn


    class Scale(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * 0.5
    ```

    ## Known problems
    Only what surely is a number is flagged. In a forward that is dominated by large operations the copy does not show.

    ## Fix safety
    Unsafe: `torch.full` gives the same tensor, but reads the number back if it should be a tensor after all.

    ## References
    - [CUDA graphs: constraints](https://pytorch.org/docs/stable/notes/cuda.html#constraints)
    - [torch.full](https://pytorch.org/docs/stable/generated/torch.full.html)
    """

    meta = RuleMeta(
        "XDV108",
        "scalar-tensor-in-forward",
        "a number made a tensor on the accelerator in a forward",
        Severity.INFO,
        Confidence.HIGH,
        pedantic=True,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (Trigger(frozenset({"tensor"}), after=r"\s*\("),)

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """`torch.tensor(number, device=...)`."""
        function = event.frame.function
        if event.name != "torch.tensor" or function is None or function.name != "forward" or not event.frame.in_module:
            return
        data, given = event.arguments.get("data", 0), event.arguments.keywords.get("device")
        if data is None or given is None or not isinstance(data.value, Number):
            return
        device = device_of(given.value, self.text(given.node), event.frame)
        if device.is_elsewhere:
            yield Report(
                event.node,
                f"`{self.text(event.node)}` copies a number from the host at every forward",
                (),
                f"Use the number itself, or `torch.full((), {self.text(data.node)}, device={self.text(given.node)})`.",
            )

    def fix(self, case: Case) -> Fix | None:
        """Fill a tensor of no dimensions."""
        first = case.node.args[0]
        if first.keyword is not None or first.star:
            return None
        func = case.node.func
        name = getattr(func, "attr", None)
        if name is None:
            return None
        return unsafe(("Use `torch.full`", (case.edit.replace(name, "full"), case.edit.insert_before(first, "(), "))))
