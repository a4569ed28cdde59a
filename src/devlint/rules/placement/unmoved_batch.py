"""XDV102."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.values import How
from devlint.rules.base import Report, Rule, story
from devlint.rules.support import name_of_other_side, phrase_of
from devlint.rules.triggers import LOADER_LOOPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.events import Clash


class UnmovedBatch(Rule):
    """A batch from the data loader stays in CPU memory while the model is elsewhere

    ## What it does
    Finds data or targets that come out of a data loader and reach a model, a loss or another operation whose other side
    was moved to a device, without having been moved themselves.

    ## Why is this bad
    A `DataLoader` yields tensors in CPU memory. The model, or the other half of the batch, is on the GPU: the first step
    stops with "Expected all tensors to be on the same device".

    ## Example
    ```python
    import torch
    import torch.nn.functional as F


    def train(model, device, loader, optimizer):
        model.to(device)
        for data, target in loader:
            output = model(data.to(device))
            loss = F.cross_entropy(output, target)
            loss.backward()
            optimizer.step()
    ```

    ## Use instead
    ```python
    import torch
    import torch.nn.functional as F


    def train(model, device, loader, optimizer):
        model.to(device)
        for data, target in loader:
            data, target = data.to(device), target.to(device)
            loss = F.cross_entropy(model(data), target)
            loss.backward()
            optimizer.step()
    ```

    ## Known problems
    A loader of your own that moves its batches is recognised only by what the rest of the loop does.

    ## References
    - [Quickstart: optimizing the model parameters](https://pytorch.org/tutorials/beginner/basics/quickstart_tutorial.html)
    """

    meta = RuleMeta(
        "XDV102",
        "unmoved-batch",
        "data of a loader that meets a model or tensors on another device",
        Severity.ERROR,
        Confidence.HIGH,
    )
    triggers = (LOADER_LOOPS,)

    def on_clash(self, clash: Clash) -> Iterator[Report]:
        """A side that came out of a loader."""
        origin = clash.left.device.origin
        if origin is None or origin.how is not How.LOADER or clash.how in ("index", "host-argument", "loss-weight"):
            return
        left, right = self.text(clash.left.node), self.text(clash.right.node)
        yield Report(
            clash.left.node,
            f"`{left}` comes from the data loader in CPU memory and {phrase_of(clash)} `{right}`, "
            f"which is on {name_of_other_side(clash)}",
            tuple(story(origin, clash.right.device.origin)),
            f"Move it first: `{left} = {left}.to(...)`.",
        )
