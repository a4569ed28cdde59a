"""XDV205."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.values import UNKNOWN, Api, Module, Tensor, Thing
from devlint.model.torchapi.protocol import (
    COPYING_METHODS,
    EFFECTIVE_FUNCTIONS,
    EFFECTS_OF_MODULES,
    EFFECTS_OF_OPTIMIZERS,
    EFFECTS_OF_TENSORS,
    TELLING_EFFECTS,
)
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import safe, unsafe
from devlint.rules.support import dotted, needs_to_be_tensor
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.events import Assigned, Discarded
    from devlint.flow.values import Value
    from devlint.rules.base import Case

_EFFECTS = EFFECTS_OF_MODULES | EFFECTS_OF_OPTIMIZERS | EFFECTS_OF_TENSORS
_FUNCTIONS = frozenset(name.rpartition(".")[2] for name in EFFECTIVE_FUNCTIONS)


class UncalledMethod(Rule):
    """A method is named, and not called

    ## What it does
    Finds `model.eval`, `optimizer.zero_grad`, `loss.backward` or `torch.cuda.synchronize` as a statement of its own,
    and `x = x.cuda`: the parentheses are missing.

    ## Why is this bad
    Nothing happens. The model stays in training mode, gradients add up, the clock stops before the GPU is done; or
    the next operation meets a method in the place of a tensor.

    ## Example
    ```python
    import torch


    def evaluate(model: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
        model.eval
        return model(x)
    ```

    ## Use instead
    ```python
    import torch


    def evaluate(model: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
        model.eval()
        return model(x)
    ```

    ## Known problems
    Only names are looked at that PyTorch's objects have. A method that is put under another name (`step =
    loss.backward`) is not flagged, for it may be called later.

    ## Fix safety
    Unsafe: what was never done is done now. Safe for functions such as `torch.cuda.synchronize`, which change no
    result.

    ## References
    - [torch.nn.Module.eval](https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.eval)
    - [torch.optim.Optimizer.zero_grad](https://pytorch.org/docs/stable/generated/torch.optim.Optimizer.zero_grad.html)
    - [torch.cuda.synchronize](https://pytorch.org/docs/stable/generated/torch.cuda.synchronize.html)
    """

    meta = RuleMeta(
        "XDV205",
        "uncalled-method",
        "`model.eval`, `loss.backward` or `x = x.cuda` without parentheses",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.ALWAYS,
    )
    triggers = (Trigger(_EFFECTS | COPYING_METHODS | _FUNCTIONS, before=r"\.", after=r"\s*(?:#|;|$|\n)"),)

    def on_discarded(self, event: Discarded) -> Iterator[Report]:
        """An attribute as a statement."""
        path = dotted(event.node)
        if path is None or "." not in path or "trial" in event.frame.state.guards:
            return
        name = path.rpartition(".")[2]
        if isinstance(event.value, Api):
            is_meant = event.value.name in EFFECTIVE_FUNCTIONS
        else:
            owner = cast("cst.Attribute", event.node).value
            is_meant = name in _EFFECTS and self._has_effect(event.frame.evaluate(owner), event.value, name)
        if is_meant:
            text = self.text(event.node)
            yield Report(event.node, f"`{text}` is not called: the line does nothing", (), f"Write `{text}()`.")

    def _has_effect(self, receiver: Value, value: Value, name: str) -> bool:
        """Whether the receiver has such a method, rather than a property or some other attribute."""
        if isinstance(receiver, Module):
            own = receiver.cls.method(name) if receiver.cls is not None and not isinstance(receiver.cls, str) else None
            return name in EFFECTS_OF_MODULES and not (own is not None and own.is_property)
        if isinstance(receiver, Thing):
            return receiver.kind == "optimizer" and name in EFFECTS_OF_OPTIMIZERS
        if isinstance(receiver, Tensor) and receiver.sure:
            return name in EFFECTS_OF_TENSORS
        return (receiver is UNKNOWN or isinstance(receiver, Tensor)) and name in TELLING_EFFECTS

    def on_assigned(self, event: Assigned) -> Iterator[Report]:
        """`x = x.cuda`, where `x` is a tensor or a module."""
        path = dotted(event.value_node) or ""
        owner, dot, name = path.rpartition(".")
        if not dot or owner != event.path or name not in COPYING_METHODS:
            return
        receiver_node = cast("cst.Attribute", event.value_node).value
        receiver = event.frame.evaluate(receiver_node)
        needs = None
        if isinstance(receiver, Tensor):
            needs = needs_to_be_tensor(receiver, receiver_node, event.frame)
        elif isinstance(receiver, Module) and name in EFFECTS_OF_MODULES and receiver.cls is not None:
            needs = frozenset()
        if needs is not None:
            message = f"`{path}` is not called: `{owner}` is a method from here on"
            yield Report(event.value_node, message, (), f"Write `{owner} = {path}()`.", needs)

    def fix(self, case: Case) -> Fix | None:
        """Call it; not what needs an argument."""
        is_function = isinstance(getattr(case.event, "value", None), Api)
        return (safe if is_function else unsafe)(("Call it", (case.edit.insert_after(case.node, "()"),)))
