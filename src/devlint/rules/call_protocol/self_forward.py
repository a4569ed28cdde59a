"""XDV502."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.values import Function, Module
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import unsafe
from devlint.rules.support import is_call_of
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.findings import Fix
    from devlint.flow.events import Event, LocalCall, MethodCall
    from devlint.rules.base import Case


class SelfForward(Rule):
    """A module calls its own forward

    ## What it does
    Finds `self.forward(x)` in other methods of an `nn.Module`.

    ## Why is this bad
    `self(x)` runs the module's hooks, `self.forward(x)` skips them. FSDP gathers the weights in a hook, accelerate
    moves inputs and offloaded weights in one, `torch.compile` of the module and profilers stand there, too.

    ## Example
    ```python
    import torch
    from torch import nn


    class Policy(nn.Module):
        def __init__(self, dim: int):
            super().__init__()
            self.net = nn.Linear(dim, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.net(x)

        def act(self, x: torch.Tensor) -> torch.Tensor:
            return self.forward(x).argmax(-1)
    ```

    ## Use instead
    ```python
    import torch
    from torch import nn


    class Policy(nn.Module):
        def __init__(self, dim: int):
            super().__init__()
            self.net = nn.Linear(dim, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.net(x)

        def act(self, x: torch.Tensor) -> torch.Tensor:
            return self(x).argmax(-1)
    ```

    ## Known problems
    A module that nobody hooks or wraps works all the same. `__call__` and further variants of `forward` itself
    (`forward_features`) are not flagged: a hook that runs around them runs once.

    ## Fix safety
    Unsafe: hooks run that were skipped before.

    ## References
    - [torch.nn.Module.forward](https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.forward)
    """

    meta = RuleMeta(
        "XDV502",
        "self-forward",
        "`self.forward(...)` in another method of the module",
        Severity.INFO,
        Confidence.MEDIUM,
        pedantic=True,
        fix=FixAvailability.ALWAYS,
    )
    triggers = (Trigger(frozenset({"forward"}), before=r"\bself\s*\.\s*", after=r"\s*\("),)

    def on_local_call(self, event: LocalCall) -> Iterator[Report]:
        """The class or a base of this file defines `forward`."""
        callee = event.callee
        if isinstance(callee, Function) and callee.model.name == "forward" and isinstance(callee.owner, Module):
            yield from self._report(event, callee.owner)

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """It is inherited from elsewhere."""
        if event.name == "forward" and isinstance(event.receiver, Module):
            yield from self._report(event, event.receiver)

    def _report(self, event: Event, module: Module) -> Iterator[Report]:
        call, function = is_call_of(event.node, frozenset({"forward"})), event.frame.function
        if call is None or not module.is_self or function is None or self.text(call.func) != "self.forward":
            return
        if "forward" in function.name or function.name == "__call__":
            return
        yield Report(
            call,
            f"`self.forward(...)` in `{function.name}` skips the module's hooks",
            (),
            "Call the module: `self(...)`.",
        )

    def fix(self, case: Case) -> Fix | None:
        """Call the module."""
        function = case.node.func
        return unsafe(("Call `self(...)`", (case.edit.delete_after(function.value, function),)))
