"""XDR107."""

from __future__ import annotations

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.rehearse.events.base import Event


class AcceleratorTensorForTheHost(Event):
    """A tensor of an accelerator is given where CPU memory is needed

    ## What it does
    Finds arguments that PyTorch reads on the host: the lengths of `pack_padded_sequence`, the indices of
    `tensor_split`, the tensor of `pin_memory`, the state of `torch.set_rng_state`.

    ## Why is this bad
    The script stops there on the real device, for example with "'lengths' argument should be a 1D CPU int64 tensor".

    ## Example
    ```python
    import torch

    indices = torch.tensor([1, 2], device="cuda")
    parts = torch.tensor_split(torch.rand(5, device="cuda"), indices)
    ```

    ## Use instead
    ```python
    import torch

    parts = torch.tensor_split(torch.rand(5, device="cuda"), (1, 2))
    ```

    ## Known problems
    None known.

    ## References
    - [pack_padded_sequence](https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html)
    """

    __slots__ = ()
    meta = RuleMeta(
        "XDR107",
        "accelerator-tensor-for-the-host",
        "a tensor of an accelerator where CPU memory is needed",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def message(self, text: str) -> str:
        """See `Event`."""
        return f"`{text}` needs CPU memory, and gets {self.sides[-1]}"

    def tip(self) -> str:
        """See `Event`."""
        return "Keep this tensor in CPU memory, or copy it there with `.cpu()`."
