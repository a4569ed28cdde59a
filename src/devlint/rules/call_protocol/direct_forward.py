"""XDV501."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.lattice import Where
from devlint.flow.values import Function, Module, Tensor, Value
from devlint.model.domain import is_test
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import unsafe
from devlint.rules.support import is_call_of
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.events import LocalCall, MethodCall
    from devlint.flow.frame import Frame
    from devlint.rules.base import Case


class DirectForward(Rule):
    """`.forward()` is called directly

    ## What it does
    Finds `module.forward(x)` where `module` is known to be an `nn.Module`: a submodule, a local module, `self.net`.

    ## Why is this bad
    Calling the module runs its hooks; calling `forward` skips them. Hooks carry weight and spectral norm, pruning,
    FSDP, DDP, device placement by accelerate, and profilers: the result may be stale or on the wrong device.

    ## Example
    ```python
    import torch
    from torch import nn


    class Classifier(nn.Module):
        def __init__(self, dim: int):
            super().__init__()
            self.encoder = nn.Linear(dim, dim)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.encoder.forward(x)
    ```

    ## Use instead
    ```python
    import torch
    from torch import nn


    class Classifier(nn.Module):
        def __init__(self, dim: int):
            super().__init__()
            self.encoder = nn.Linear(dim, dim)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.encoder(x)
    ```

    ## Known problems
    `super().forward(...)`, `self.forward(...)` and calls inside `__call__` are meant, and not flagged.

    ## Fix safety
    Unsafe: hooks run that were skipped before.

    ## References
    - [torch.nn.Module.forward](https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.forward)
    """

    meta = RuleMeta(
        "XDV501",
        "direct-forward",
        "`.forward()` called instead of the module",
        Severity.WARNING,
        Confidence.HIGH,
        fix=FixAvailability.ALWAYS,
    )
    triggers = (Trigger(frozenset({"forward"}), before=r"(?<!super\(\))\.", after=r"\s*\("),)

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """`module.forward(...)` of a library's module."""
        if event.name != "forward":
            return
        if isinstance(event.receiver, Module) and _is_known(event.receiver):
            yield from self._report(event.node, event.receiver, event.frame)
        elif self._is_treated_as_module(event):
            yield from self._report(event.node, Module(), event.frame)

    def _is_treated_as_module(self, event: MethodCall) -> bool:
        """The file does to the receiver what only modules allow, or a module of this file made it by a class."""
        if not (type(event.receiver) is Value or (isinstance(event.receiver, Tensor) and not event.receiver.sure)):
            return False
        path = self.text(event.receiver_node)
        if not path.replace(".", "").replace("_", "").isalnum():
            return False
        if re.search(_MODULE_USE.format(re.escape(path)), self.context.model.text):
            return True
        cls, name = event.frame.cls, path.removeprefix("self.")
        if cls is None or not cls.is_module or name == path:
            return False
        facts = self.context.analysis.facts_of(cls, name)
        return bool(facts) and all(re.match(r"(\w+\.)*[A-Z]\w*\(", self.text(fact.source)) for fact in facts)

    def on_local_call(self, event: LocalCall) -> Iterator[Report]:
        """The same for a module class of this file."""
        callee = event.callee
        if isinstance(callee, Function) and callee.model.name == "forward" and isinstance(callee.owner, Module):
            yield from self._report(event.node, callee.owner, event.frame)

    def _report(self, node: cst.Call, module: Module, frame: Frame) -> Iterator[Report]:
        call = is_call_of(node, frozenset({"forward"}))
        if call is None or module.is_self or (frame.function is not None and frame.function.name == "__call__"):
            return
        text = self.text(call.func.value)
        if text == "self" or text.startswith("super(") or is_test(self.context.model.path):
            return
        yield Report(
            call,
            f"`{text}.forward(...)` skips the hooks of `{text}`",
            (),
            f"Call the module: `{text}(...)`.",
        )

    def fix(self, case: Case) -> Fix | None:
        """Call the module."""
        function = case.node.func
        return unsafe((f"Call `{self.text(function.value)}(...)`", (case.edit.delete_after(function.value, function),)))


_MODULE_USE = (
    r"(?<![\w.]){0}\.(parameters|named_parameters|state_dict|load_state_dict|eval|train|zero_grad|requires_grad_|modules"
    r"|named_modules|optimizer)\b|(?<![\w.]){0}\s*=\s*{0}\.(to|cuda)\("
)


def _is_known(module: Module) -> bool:
    """Its class is known, or it is a parameter that is annotated as a module; elements of lists may be anything."""
    return module.cls is not None or (bool(module.devices) and module.devices[0].where is Where.INPUT)
