"""XDV204."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.evidence import is_batch
from devlint.flow.values import Tensor
from devlint.rules.base import Report, Rule
from devlint.rules.support import is_call_of, needs_to_be_tensor, root_of, target_names, walk
from devlint.rules.triggers import DISCARDED_MOVES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.flow.events import Looped

_MOVES = frozenset({"to", "cuda", "cpu", "xpu", "mps", "npu"})


class MovedLoopVariable(Rule):
    """The variable of a loop is moved, and what the loop runs over stays where it is

    ## What it does
    Finds loops such as `for t in tensors: t = t.to(device)` where the variable is not used after that.

    ## Why is this bad
    The assignment binds the loop's own variable to a moved copy, which is forgotten in the next round. The list, dict
    or module still holds the tensors that it held before.

    ## Example
    ```python
    import torch


    def move(tensors: list[torch.Tensor], device: torch.device) -> list[torch.Tensor]:
        for each in tensors:
            each = each.to(device)
        return tensors
    ```

    ## Use instead
    ```python
    import torch


    def move(tensors: list[torch.Tensor], device: torch.device) -> list[torch.Tensor]:
        return [each.to(device) for each in tensors]
    ```

    ## Known problems
    Modules move in place, so a loop over modules works, and is not flagged; nor is one over things of which nothing
    shows that they are tensors.

    ## References
    - [torch.Tensor.to](https://pytorch.org/docs/stable/generated/torch.Tensor.to.html)
    """

    meta = RuleMeta(
        "XDV204",
        "moved-loop-variable",
        "a loop's variable that is moved and not used: what it runs over is not changed",
        Severity.ERROR,
        Confidence.HIGH,
    )
    triggers = (DISCARDED_MOVES,)

    def on_looped(self, event: Looped) -> Iterator[Report]:
        """A loop whose body moves its variable, and does nothing else with it."""
        loop = event.node
        for name in target_names(loop.target):
            move = _only_move(loop, name)
            if move is None or self._is_used_outside(event, name):
                continue
            value = event.frame.state.env.get(name)
            needs = needs_to_be_tensor(value, move, event.frame) if isinstance(value, Tensor) else None
            needs = frozenset() if _is_in_batch(event) else needs
            if needs is not None:
                yield Report(
                    move,
                    f"`{name}` is moved and then forgotten: `{self.text(loop.iter)}` is not changed",
                    (),
                    f"Build a new list or dict from the moved ones: `[{self.text(move)} for {name} in ...]`.",
                    needs,
                )

    def _is_used_outside(self, event: Looped, name: str) -> bool:
        """Whether the function speaks of it anywhere but in the loop."""
        function = event.frame.function
        whole = self.context.model.text if function is None else self.context.analysis.source_of(function.node)
        word = re.compile(rf"(?<![\w.]){name}\b")
        return len(word.findall(whole)) != len(word.findall(self.context.analysis.source_of(event.node)))


def _is_in_batch(event: Looped) -> bool:
    """A loop over `batch.items()`: what a loader yields holds no modules, which would move in place."""
    call = is_call_of(event.node.iter, frozenset({"items", "values"}))
    return call is not None and is_batch(event.frame.evaluate(call.func.value))


def _only_move(loop: cst.For, name: str) -> cst.Call | None:
    """The call of `name = name.to(...)` in a loop's body, if that is all there is about the name."""
    import libcst as cst

    if loop.orelse is not None:
        return None
    moves = []
    for statement in loop.body.body:
        for small in getattr(statement, "body", ()) if isinstance(statement, cst.SimpleStatementLine) else ():
            if isinstance(small, cst.Assign) and len(small.targets) == 1 and _is(small.targets[0].target, name):
                call = is_call_of(small.value, _MOVES)
                moves += [call] if call is not None and root_of(call) == name else []
    if len(moves) != 1:
        return None
    count = sum(_is(node, name) for node in walk(loop.body))
    return moves[0] if count == 2 else None


def _is(node: cst.CSTNode, name: str) -> bool:
    return type(node).__name__ == "Name" and getattr(node, "value", None) == name
