"""XDV403."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.values import Tensor
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import unsafe
from devlint.rules.support import is_call_of
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.findings import Fix
    from devlint.flow.events import AttributeSet
    from devlint.rules.base import Case


_CONVERSIONS = frozenset({"to", "cuda", "cpu", "half", "float", "double", "bfloat16"})


class MovedParameter(Rule):
    """A moved nn.Parameter is no parameter any more

    ## What it does
    Finds `self.weight = nn.Parameter(...).to(device)` (also `.cuda()`, `.half()` ...).

    ## Why is this bad
    Moving a parameter makes a plain tensor that is no leaf: it is not registered in the module, not given to the
    optimizer and not saved. On the CPU `.to("cpu")` changes nothing and the code works; on a GPU the weight silently
    never learns.

    ## Example
    ```python
    import torch
    from torch import nn


    class Scale(nn.Module):
        def __init__(self, device):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(3)).to(device)
    ```

    ## Use instead
    ```python
    import torch
    from torch import nn


    class Scale(nn.Module):
        def __init__(self, device):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(3, device=device))
    ```

    ## Known problems
    None known.

    ## Fix safety
    Unsafe: on a GPU the weight is now a parameter of the module, which is trained and saved.

    ## References
    - [torch.nn.Parameter](https://pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html)
    """

    meta = RuleMeta(
        "XDV403",
        "moved-parameter",
        "an `nn.Parameter(...)` that is moved before it is assigned",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (Trigger(_CONVERSIONS, before=r"\)\s*\.", after=r"\s*\("),)

    def on_attribute_set(self, event: AttributeSet) -> Iterator[Report]:
        """`self.x = nn.Parameter(...).to(...)`."""
        call = is_call_of(event.value_node, _CONVERSIONS)
        if call is None or not event.cls.is_module:
            return
        value = event.frame.evaluate(call.func.value)
        if isinstance(value, Tensor) and value.parameter and type(call.func.value).__name__ == "Call":
            yield Report(
                event.value_node,
                f"`.{call.func.attr.value}()` turns the parameter into a plain tensor, "
                f"so `self.{event.name}` is not registered",
                ((call.func.value, "the parameter"),),
                "Move the tensor inside: `nn.Parameter(tensor.to(...))`.",
            )

    def fix(self, case: Case) -> Fix | None:
        """Move the tensor before it becomes a parameter."""
        move = case.node
        made = move.func.value
        if made.lpar or not made.args or made.args[0].star:
            return None
        dropped = case.edit.delete_after(made, move)
        added = case.edit.append_call(made.args[0].value, case.edit.between(dropped.span))
        title = f"Move the tensor inside: `nn.Parameter(tensor.{move.func.attr.value}(...))`"
        return unsafe((title, (dropped, *added)))
