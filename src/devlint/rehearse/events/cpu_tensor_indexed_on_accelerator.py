"""XDR103."""

from __future__ import annotations

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.rehearse.events.base import Event


class CpuTensorIndexedOnAccelerator(Event):
    """A CPU tensor is indexed by a tensor of an accelerator

    ## What it does
    Finds `x[i]` and `x[i] = v` where `x` is in CPU memory and `i` is a tensor on an accelerator. The other way round is
    legal.

    ## Why is this bad
    The script stops there on the real device with "indices should be either on cpu or on the same device as the indexed
    tensor".

    ## Example
    ```python
    import torch

    table = torch.rand(10, 3)
    chosen = torch.tensor([1, 2], device="cuda")
    rows = table[chosen]
    ```

    ## Use instead
    ```python
    import torch

    table = torch.rand(10, 3, device="cuda")
    chosen = torch.tensor([1, 2], device="cuda")
    rows = table[chosen]
    ```

    ## Known problems
    None known.

    ## References
    - [Tensor indexing](https://pytorch.org/cppdocs/notes/tensor_indexing.html)
    """

    __slots__ = ()
    meta = RuleMeta(
        "XDR103",
        "cpu-tensor-indexed-on-accelerator",
        "a CPU tensor indexed by a tensor of an accelerator",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def message(self, text: str) -> str:
        """See `Event`."""
        source, index = self.sides
        return f"`{text}` indexes {source} with {index}"

    def tip(self) -> str:
        """See `Event`."""
        return "Bring both to one device, or the index to the CPU."
