"""XDV401."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.rules.base import Report, Rule
from devlint.rules.support import name_of_other_side, phrase_of
from devlint.rules.triggers import FACTORY_CALLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.events import Clash


class PlainTensorAttribute(Rule):
    """A tensor attribute does not move with its module

    ## What it does
    Finds modules that keep a tensor as a plain attribute (`self.table = torch.arange(10)`) and use it, in another
    method, together with inputs or parameters.

    ## Why is this bad
    `module.to(device)` moves parameters and buffers only. A plain tensor stays behind, and is not saved in the state
    dict either: the first forward on a GPU stops with "Expected all tensors to be on the same device".

    ## Example
    ```python
    import torch
    from torch import nn


    class Scaled(nn.Module):
        def __init__(self, dim: int):
            super().__init__()
            self.scale = torch.ones(dim)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * self.scale
    ```

    ## Use instead
    ```python
    import torch
    from torch import nn


    class Scaled(nn.Module):
        def __init__(self, dim: int):
            super().__init__()
            self.register_buffer("scale", torch.ones(dim), persistent=False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * self.scale
    ```

    ## Known problems
    A class that overrides `_apply` or `to` is trusted to move what it has.

    ## References
    - [register_buffer](https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_buffer)
    """

    meta = RuleMeta(
        "XDV401",
        "plain-tensor-attribute",
        'a tensor kept as a plain attribute of a module and used in its forward path',
        Severity.ERROR,
        Confidence.HIGH,
    )
    triggers = (FACTORY_CALLS,)

    def on_clash(self, clash: Clash) -> Iterator[Report]:
        """A side that was read from `self` and was created in another method."""
        origin = clash.left.device.origin
        cls = clash.frame.cls
        if origin is None or origin.attribute is None or origin.attribute_node is None or cls is None:
            return
        if not cls.is_module or cls.moves_itself or clash.how == "host-argument":
            return
        name, other = origin.attribute, self.text(clash.right.node)
        verb = phrase_of(clash)
        yield Report(
            origin.attribute_node,
            f"`self.{name}` is a plain tensor, which `{cls.name}.to(...)` leaves behind; it {verb} `{other}`",
            ((clash.node, f"here it {verb} `{other}`, which is on {name_of_other_side(clash)}"),
             (origin.node, origin.note)),
            f'Register it: `self.register_buffer("{name}", ..., persistent=False)`.',
        )
