"""XDR106."""

from __future__ import annotations

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.rehearse.events.base import Event


class DeviceThatIsNotThere(Event):
    """A device is asked for that the machine does not have

    ## What it does
    Finds devices that the machine of the rehearsal lacks: `cuda:1` of one GPU, `mps` on a machine with CUDA. The
    rehearsal goes on with the device that is there.

    ## Why is this bad
    The script stops there on such a machine, for example with "invalid device ordinal".

    ## Example
    ```python
    import torch

    output = torch.rand(3, device="cuda:1")
    ```

    ## Use instead
    ```python
    import torch

    output = torch.rand(3, device="cuda")
    ```

    ## Known problems
    None known.

    ## References
    - [CUDA semantics](https://pytorch.org/docs/stable/notes/cuda.html)
    """

    __slots__ = ()
    meta = RuleMeta(
        "XDR106",
        "device-that-is-not-there",
        "a device that the pretend machine does not have",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def message(self, text: str) -> str:
        """See `Event`."""
        return f"`{text}` asks for `{self.sides[0].device}`, which this machine does not have: {self.inside}"

    def tip(self) -> str:
        """See `Event`."""
        return "Ask for a device that `torch.accelerator` knows, or rehearse with more of them (`--gpus`)."
