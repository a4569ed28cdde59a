"""XDR101."""

from __future__ import annotations

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.rehearse.events.base import Event


class OperationOnTwoDevices(Event):
    """An operation on tensors of different devices

    ## What it does
    Runs the script on the pretend device and finds operations whose tensors are on different devices, by PyTorch's own
    rules: CPU tensors without dimensions may join most element-wise operations, CPU indices may select from tensors of
    an accelerator, assignments to slices copy.

    ## Why is this bad
    The script stops there on the real device with "Expected all tensors to be on the same device".

    ## Example
    ```python
    import torch

    weights = torch.rand(3)
    scores = torch.rand(5, 3, device="cuda")
    total = scores @ weights
    ```

    ## Use instead
    ```python
    import torch

    scores = torch.rand(5, 3, device="cuda")
    weights = torch.rand(3, device=scores.device)
    total = scores @ weights
    ```

    ## Known problems
    None known.

    ## References
    - [CUDA semantics](https://pytorch.org/docs/stable/notes/cuda.html)
    """

    __slots__ = ()
    meta = RuleMeta(
        "XDR101",
        "operation-on-two-devices",
        "an operation on tensors of different devices",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def message(self, text: str) -> str:
        """See `Event`."""
        left, right = self.sides
        within = f" (in `{self.inside}`)" if self.inside else ""
        return f"`{text}` brings {left} together with {right}{within}"

    def tip(self) -> str:
        """See `Event`."""
        left, right = self.sides
        return f"Move the tensor on `{left.device}` to `{right.device}` first, or make it there."
