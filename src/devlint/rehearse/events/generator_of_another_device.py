"""XDR105."""

from __future__ import annotations

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.rehearse.events.base import Event


class GeneratorOfAnotherDevice(Event):
    """Random numbers are drawn with a generator of another device

    ## What it does
    Finds random operations on one device that are given a `torch.Generator` of another.

    ## Why is this bad
    The script stops there on the real device with "Expected a 'cuda' device type for generator but found 'cpu'".

    ## Example
    ```python
    import torch

    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(3, generator=generator, device="cuda")
    ```

    ## Use instead
    ```python
    import torch

    generator = torch.Generator("cuda").manual_seed(0)
    noise = torch.randn(3, generator=generator, device="cuda")
    ```

    ## Known problems
    None known.

    ## References
    - [torch.Generator](https://pytorch.org/docs/stable/generated/torch.Generator.html)
    """

    __slots__ = ()
    meta = RuleMeta(
        "XDR105",
        "generator-of-another-device",
        "random numbers drawn on one device with the generator of another",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def message(self, text: str) -> str:
        """See `Event`."""
        made, generator = self.sides
        return f"`{text}` draws on `{made.device}` with a generator of `{generator.device}`"

    def tip(self) -> str:
        """See `Event`."""
        return f"Make the generator on {self.sides[0].device!r}."
