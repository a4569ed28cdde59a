"""XDR102."""

from __future__ import annotations

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.rehearse.events.base import Event


class ModelLeftBehind(Event):
    """A module's parameters or buffers are not where its input is

    ## What it does
    Finds modules whose parameters or buffers are on another device than the tensors they are called with. The whole
    module that was left behind is reported once, at the first line that needs it.

    ## Why is this bad
    The script stops there on the real device with "Expected all tensors to be on the same device".

    ## Example
    ```python
    import torch

    model = torch.nn.Linear(3, 2)
    output = model(torch.rand(5, 3, device="cuda"))
    ```

    ## Use instead
    ```python
    import torch

    model = torch.nn.Linear(3, 2).to("cuda")
    output = model(torch.rand(5, 3, device="cuda"))
    ```

    ## Known problems
    None known.

    ## References
    - [Module.to](https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.to)
    """

    __slots__ = ()
    meta = RuleMeta(
        "XDR102",
        "model-left-behind",
        "a module called with input from another device than its parameters",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def message(self, text: str) -> str:
        """See `Event`."""
        own, other = self.sides
        return f"`{text}` uses {own} with {other}"

    def tip(self) -> str:
        """See `Event`."""
        return f"Move the module to {self.sides[1].device!r} before it is used."
