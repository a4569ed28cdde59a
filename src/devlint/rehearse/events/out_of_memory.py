"""XDR301."""

from __future__ import annotations

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.rehearse.events.base import Event


class OutOfMemory(Event):
    """The card has no room for a tensor

    ## What it does
    Finds the line at which the tensors that are alive need more memory than the card has. `torch.OutOfMemoryError` is
    raised there, as on the real device, so that scripts which catch it are rehearsed as well.

    ## Why is this bad
    The script stops there on the real device with "CUDA out of memory".

    ## Example
    ```python
    import torch

    table = torch.zeros(200_000, 100_000, device="cuda")
    ```

    ## Use instead
    ```python
    import torch

    table = torch.zeros(200, 100_000, device="cuda")
    ```

    ## Known problems
    What is counted is the memory of live tensors, and 0.5 GiB for CUDA itself. Fragmentation and the workspaces of
    kernels come on top of it on the real device.

    ## References
    - [CUDA memory management](https://pytorch.org/docs/stable/notes/cuda.html#memory-management)
    """

    __slots__ = ()
    meta = RuleMeta(
        "XDR301",
        "out-of-memory",
        "tensors that need more memory than the card has",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def message(self, text: str) -> str:
        """See `Event`; `inside` says what does not fit."""
        return f"`{text}` asks for {self.inside}"

    def tip(self) -> str:
        """See `Event`."""
        return "Make the batch smaller, or see in the memory section of the report what holds the most."
