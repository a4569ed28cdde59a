"""XDV102."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.lattice import How
from devlint.flow.values import Tensor
from devlint.rules.base import Report, Rule, story
from devlint.rules.fixing import device_at_hand, may_be_tensor, moved, safe, unsafe
from devlint.rules.support import name_of_other_side, phrase_of
from devlint.rules.triggers import LOADER_LOOPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.events import Clash
    from devlint.rules.base import Case


class UnmovedBatch(Rule):
    """A batch from the data loader stays in CPU memory while the model is elsewhere

    ## What it does
    Finds data or targets that come out of a data loader and reach a model, a loss or another operation whose other side
    was moved to a device, without having been moved themselves.

    ## Why is this bad
    A `DataLoader` yields tensors in CPU memory. The model, or the other half of the batch, is on the GPU: the first
    step stops with "Expected all tensors to be on the same device".

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

    ## Fix safety
    Safe for what is known to be a tensor: moving it changes nothing where it is on the right device already. Unsafe
    for the elements of a batch of unknown kind.

    ## References
    - [Quickstart: optimizing the model parameters](https://pytorch.org/tutorials/beginner/basics/quickstart_tutorial.html)
    """

    meta = RuleMeta(
        "XDV102",
        "unmoved-batch",
        "data of a loader that meets a model or tensors on another device",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = LOADER_LOOPS

    def on_clash(self, clash: Clash) -> Iterator[Report]:
        """A side that came out of a loader."""
        origin = clash.left.device.origin
        if (
            origin is None
            or origin.how is not How.LOADER
            or clash.how in ("index", "host-argument", "loss-weight", "left-behind")
        ):
            return
        left, right = self.text(clash.left.node), self.text(clash.right.node)
        yield Report(
            clash.left.node,
            f"`{left}` comes from the data loader in CPU memory and {phrase_of(clash)} `{right}`, "
            f"which is on {name_of_other_side(clash)}",
            tuple(story(origin, clash.right.device.origin)),
            f"Move it first: `{left} = {left}.to(...)`.",
        )

    def fix(self, case: Case) -> Fix | None:
        """Move what the loop yields at the top of its body, or else where it is used."""
        left, right = case.event.left, case.event.right
        if not may_be_tensor(case, self.text(left.node)):
            return None
        rated = safe if isinstance(left.value, Tensor) and left.value.sure else unsafe
        first = _start_of_loop(case, left.node)
        device = device_at_hand(case, first, right) if first is not None else None
        if first is not None and device:
            move = f"{self.text(left.node)} = {self.text(left.node)}.to({device})"
            return rated((f"Add `{move}` to the loop", (case.edit.insert_line_before(first, move),)))
        device = device_at_hand(case, left.node, right)
        return rated(moved(case, left.node, device)) if device else None


def _start_of_loop(case: Case, node: cst.BaseExpression) -> cst.SimpleStatementLine | None:
    """The first statement of the loop that yields the plain name `node`, if it stands on a line of its own."""
    import libcst as cst

    from devlint.model.names import target_names

    if not isinstance(node, cst.Name):
        return None
    for outer in case.edit.ancestors(node):
        if isinstance(outer, cst.For) and node.value in target_names(outer.target):
            first = outer.body.body[0]
            return first if isinstance(first, cst.SimpleStatementLine) and case.edit.is_alone(first) else None
    return None
