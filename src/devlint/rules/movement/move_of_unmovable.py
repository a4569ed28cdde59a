"""XDV202."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.values import Mapping, Sequence, Text, Thing
from devlint.rules.base import Report, Rule
from devlint.rules.triggers import UNMOVABLE_MOVES
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.events import MethodCall
    from devlint.flow.values import Value

_MOVES = frozenset({"to", "cuda", "cpu"})
_THINGS = {
    "loader": "a data loader",
    "optimizer": "an optimizer",
    "scheduler": "a learning-rate scheduler",
    "array": "a numpy array",
}
_SEQUENCES = {"list": "a list", "tuple": "a tuple", "set": "a set", "generator": "a generator"}


class MoveOfUnmovable(Rule):
    """Something that has no device is told to move

    ## What it does
    Finds `.to()`, `.cuda()` or `.cpu()` called on a `DataLoader`, an optimizer, a list, a tuple, a dict or a string.

    ## Why is this bad
    Only tensors and modules can be moved. The call stops with an `AttributeError`.

    ## Example
    ```python
    import torch
    from torch.utils.data import DataLoader


    def prepare(dataset, device):
        loader = DataLoader(dataset, batch_size=8)
        return loader.to(device)
    ```

    ## Use instead
    ```python
    import torch
    from torch.utils.data import DataLoader


    def batches(dataset, device):
        loader = DataLoader(dataset, batch_size=8)
        for batch in loader:
            yield batch.to(device)
    ```

    ## Known problems
    None known.

    ## References
    - [torch.utils.data](https://pytorch.org/docs/stable/data.html)
    """

    meta = RuleMeta(
        "XDV202",
        "move-of-unmovable",
        "`.to()`, `.cuda()` or `.cpu()` on something that has none",
        Severity.ERROR,
        Confidence.HIGH,
    )
    triggers = (Trigger(frozenset({"DataLoader", "optim"})), UNMOVABLE_MOVES)

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """A move whose receiver is of a kind that cannot move."""
        if event.name not in _MOVES:
            return
        kind = _kind(event.receiver)
        if kind is not None:
            text = self.text(event.receiver_node)
            yield Report(
                event.node,
                f"`{text}` is {kind}, which has no `.{event.name}()`: only tensors and modules can be moved",
                (),
                "Move the tensors inside it instead, one by one.",
            )


def _kind(value: Value) -> str | None:
    if isinstance(value, Thing):
        return _THINGS.get(value.kind)
    if isinstance(value, Sequence):
        return _SEQUENCES.get(value.kind)
    if isinstance(value, Mapping):
        return "a dict"
    return "a string" if isinstance(value, Text) else None
