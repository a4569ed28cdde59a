"""XDV201."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.evidence import is_batch
from devlint.flow.values import Tensor
from devlint.rules.base import Report, Rule, story
from devlint.rules.fixing import unsafe
from devlint.rules.support import is_call_of, needs_to_be_tensor
from devlint.rules.triggers import DISCARDED_MOVES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.events import Discarded
    from devlint.rules.base import Case

_MOVES = frozenset({"to", "cuda", "cpu", "xpu", "mps", "npu"})


class DiscardedMove(Rule):
    """The result of moving a tensor is thrown away

    ## What it does
    Finds `x.to(device)`, `x.cuda()` or `x.cpu()` as a statement of its own where `x` is a tensor.

    ## Why is this bad
    A module moves in place, a tensor does not: `to` returns a new tensor and leaves `x` where it was. The line does
    nothing, and the next operation fails or silently runs on the CPU.

    ## Example
    ```python
    import torch


    def prepare(x: torch.Tensor, device: torch.device) -> torch.Tensor:
        x.to(device)
        return x
    ```

    ## Use instead
    ```python
    import torch


    def prepare(x: torch.Tensor, device: torch.device) -> torch.Tensor:
        x = x.to(device)
        return x
    ```

    ## Known problems
    Objects that only look like tensors (a `BatchEncoding` moves in place) are not flagged; a tensor that nothing in the
    function shows to be one is missed.

    ## Fix safety
    Unsafe: the tensor now really moves, which changes what the code after it does.

    ## References
    - [torch.Tensor.to](https://pytorch.org/docs/stable/generated/torch.Tensor.to.html)
    - [torch.nn.Module.to](https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.to)
    """

    meta = RuleMeta(
        "XDV201",
        "discarded-move",
        "a tensor's `.to()`, `.cuda()` or `.cpu()` whose result is thrown away",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (DISCARDED_MOVES,)

    def on_discarded(self, event: Discarded) -> Iterator[Report]:
        """An expression statement that is a move of something."""
        call = is_call_of(event.node, _MOVES)
        if call is None:
            return
        receiver = call.func.value
        value = event.frame.evaluate(receiver)
        if not isinstance(value, Tensor):
            return
        needs = needs_to_be_tensor(value, receiver, event.frame)
        if needs is None:
            return
        if is_batch(value) and self._is_asked_for_its_device(event, receiver):
            needs = frozenset()  # a part of a batch that has a device is a tensor
        text, moved = self.text(receiver), self.text(event.node)
        yield Report(
            event.node,
            f"`{moved}` returns a moved copy, which is thrown away; `{text}` stays where it is",
            tuple(story(value.devices[0].origin)) if value.devices else (),
            f"Assign the result: `{text} = {moved}`.",
            needs,
        )

    def _is_asked_for_its_device(self, event: Discarded, receiver: cst.BaseExpression) -> bool:
        function = event.frame.function
        if type(receiver).__name__ != "Subscript" or function is None:
            return False
        return f"{self.text(receiver)}.device" in self.context.analysis.source_of(function.node)

    def fix(self, case: Case) -> Fix | None:
        """Assign the result to what was to be moved."""
        receiver = case.node.func.value
        if type(receiver).__name__ not in ("Name", "Attribute", "Subscript"):
            return None
        assign = case.edit.insert_before(case.node, f"{case.edit.source(receiver)} = ")
        return unsafe((f"Assign it: `{self.text(receiver)} = ...`", (assign,)))
