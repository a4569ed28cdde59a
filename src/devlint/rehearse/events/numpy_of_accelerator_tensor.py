"""XDR104."""

from __future__ import annotations

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.rehearse.events.base import Event


class NumpyOfAcceleratorTensor(Event):
    """A tensor of an accelerator is turned into a numpy array

    ## What it does
    Finds `.numpy()`, `np.asarray` and numpy functions on tensors that are on the pretend device.

    ## Why is this bad
    numpy reads CPU memory only: the script stops with "can't convert cuda:0 device type tensor to numpy".

    ## Example
    ```python
    import torch

    scores = torch.rand(5, device="cuda")
    array = scores.numpy()
    ```

    ## Use instead
    ```python
    import torch

    scores = torch.rand(5, device="cuda")
    array = scores.cpu().numpy()
    ```

    ## Known problems
    None known.

    ## References
    - [Tensor.numpy](https://pytorch.org/docs/stable/generated/torch.Tensor.numpy.html)
    """

    __slots__ = ()
    meta = RuleMeta(
        "XDR104",
        "numpy-of-accelerator-tensor",
        "a tensor of an accelerator turned into a numpy array",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def message(self, text: str) -> str:
        """See `Event`."""
        return f"`{text}` makes a numpy array of {self.sides[0]}"

    def tip(self) -> str:
        """See `Event`."""
        return "Copy the tensor to CPU memory first, with `.cpu()`."
