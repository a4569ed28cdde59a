"""XDV202."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.values import Mapping, Sequence, Text, Thing
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import unsafe
from devlint.rules.triggers import UNMOVABLE_MOVES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.findings import Fix
    from devlint.flow.events import MethodCall
    from devlint.flow.values import Value
    from devlint.rules.base import Case

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

    ## Fix safety
    Unsafe: what is in the loader or optimizer still has to be moved, elsewhere. For lists, dicts and arrays there
    is no fix.

    ## References
    - [torch.utils.data](https://pytorch.org/docs/stable/data.html)
    """

    meta = RuleMeta(
        "XDV202",
        "move-of-unmovable",
        "`.to()`, `.cuda()` or `.cpu()` on something that has none",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (UNMOVABLE_MOVES,)

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

    def fix(self, case: Case) -> Fix | None:
        """Take the move away, and with it the statement where there is nothing else in that."""
        event = case.event
        if not isinstance(event.receiver, Thing) or event.receiver.kind == "array":
            return None
        statement = case.edit.statement_of(event.node)
        move, name = self.text(event.node), self.text(event.receiver_node)
        title, edit = f"Take `.{event.name}(...)` away", case.edit.delete_after(event.receiver_node, event.node)
        if statement is None or [self.text(each) for each in statement.body] not in ([move], [f"{name} = {move}"]):
            return unsafe((title, (edit,)))
        return unsafe((title, (case.edit.delete_line(statement),)))


def _kind(value: Value) -> str | None:
    if isinstance(value, (Sequence, Mapping)) and value.promised:
        return None  # it is called as only something else can be: the annotation is wrong
    if isinstance(value, Thing):
        return _THINGS.get(value.kind)
    if isinstance(value, Sequence):
        return _SEQUENCES.get(value.kind)
    if isinstance(value, Mapping):
        return "a dict"
    return "a string" if isinstance(value, Text) else None
