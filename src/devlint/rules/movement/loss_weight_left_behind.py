"""XDV203."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.rules.base import Report, Rule, story
from devlint.rules.fixing import device_at_hand, give_device, safe
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.findings import Fix
    from devlint.flow.events import Clash
    from devlint.rules.base import Case


class LossWeightLeftBehind(Rule):
    """The weights of a loss stay in CPU memory while its inputs are elsewhere

    ## What it does
    Finds a loss that was built with `weight=` or `pos_weight=`, a tensor in CPU memory, was never moved, and is called
    with tensors on another device.

    ## Why is this bad
    The weight becomes a buffer of the loss: like a model, the loss has to be moved. Otherwise the first call stops with
    "Expected all tensors to be on the same device".

    ## Example
    ```python
    import torch
    from torch import nn


    def step(model: nn.Module, x: torch.Tensor, y: torch.Tensor, device: torch.device):
        criterion = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 5.0]))
        model.to(device)
        return criterion(model(x.to(device)), y.to(device))
    ```

    ## Use instead
    ```python
    import torch
    from torch import nn


    def step(model: nn.Module, x: torch.Tensor, y: torch.Tensor, device: torch.device):
        criterion = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 5.0])).to(device)
        model.to(device)
        return criterion(model(x.to(device)), y.to(device))
    ```

    ## Known problems
    None known.

    ## Fix safety
    Safe: with the weight elsewhere, the loss fails. There is a fix where the weight is made in the same function,
    and the device of the input is at hand there.

    ## References
    - [CrossEntropyLoss](https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html)
    """

    meta = RuleMeta(
        "XDV203",
        "loss-weight-left-behind",
        "a loss whose weight tensor is not on the device of its inputs",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (Trigger(frozenset({"weight", "pos_weight"}), after=r"\s*="),)

    def on_clash(self, clash: Clash) -> Iterator[Report]:
        """The module side of a call is a loss with weights in CPU memory."""
        if clash.how != "loss-weight":
            return
        loss, other = self.text(clash.left.node), self.text(clash.right.node)
        yield Report(
            clash.node,
            f"the weight of `{loss}` is in CPU memory, and its input `{other}` is on `{clash.right.device.name}`",
            tuple(story(clash.left.device.origin, clash.right.device.origin)),
            f"Move the loss as you move the model: `{loss}.to(...)`.",
        )

    def fix(self, case: Case) -> Fix | None:
        """Make the weight where the loss's input is, if that is at hand where it is made."""
        origin = case.event.left.device.origin
        device = device_at_hand(case, origin.node, case.event.right) if origin is not None else None
        return safe(give_device(case, origin.node, device)) if origin is not None and device else None
