"""XDV207."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.devices import names_a_device
from devlint.flow.lattice import Where
from devlint.flow.values import DeviceValue, Text, Thing
from devlint.model.torchapi import MOVE_METHODS
from devlint.rules.base import Report, Rule
from devlint.rules.support import dotted, is_call_of, is_device_like, root_of
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.flow.events import Assigned, MethodCall
    from devlint.rules.base import Context

_MOVES = frozenset(MOVE_METHODS)
_STATE_IS_MOVED = re.compile(r"\.state\.(?:values|items)\(|\.state\[|optimizer_to\b|move_optim")


class OptimizerStateLeftBehind(Rule):
    """An optimizer's state is loaded, and the model moved after that

    ## What it does
    Finds `optimizer.load_state_dict(...)` before the `model.to(device)` or `model.cuda()` of the model whose parameters
    the optimizer was given, in one function.

    ## Why is this bad
    Loading puts the state (the moments of Adam, the momentum of SGD) where the parameters are at that time, which is
    the CPU. Moving the model moves its parameters, but not the optimizer's state: the first step fails with "Expected
    all tensors to be on the same device".

    ## Example
    ```python
    import torch
    from torch import nn


    def resume(checkpoint: dict, device: torch.device) -> nn.Module:
        model = nn.Linear(8, 2)
        optimizer = torch.optim.Adam(model.parameters())
        optimizer.load_state_dict(checkpoint["optimizer"])
        model.to(device)
        return model
    ```

    ## Use instead
    ```python
    import torch
    from torch import nn


    def resume(checkpoint: dict, device: torch.device) -> nn.Module:
        model = nn.Linear(8, 2).to(device)
        optimizer = torch.optim.Adam(model.parameters())
        optimizer.load_state_dict(checkpoint["optimizer"])
        return model
    ```

    ## Known problems
    Building the optimizer before the move is fine as long as it has no state: that is not flagged. Only one function is
    looked at, and only states that are loaded, not those of steps that were taken.

    ## References
    - [pytorch#7844](https://github.com/pytorch/pytorch/issues/7844)
    - [torch.optim.Optimizer.load_state_dict](https://pytorch.org/docs/stable/generated/torch.optim.Optimizer.load_state_dict.html)
    """

    meta = RuleMeta(
        "XDV207",
        "optimizer-state-left-behind",
        "a model that is moved after its optimizer's state was loaded",
        Severity.WARNING,
        Confidence.MEDIUM,
    )
    triggers = (Trigger(frozenset({"load_state_dict"}), before=r"\.", after=r"\s*\("),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._loaded: dict[object, cst.CSTNode] = {}
        self._moved: dict[object, set[str]] = {}

    def on_assigned(self, event: Assigned) -> Iterator[Report]:
        """`model = build().to(device)`: it is there from the beginning."""
        move = is_call_of(event.value_node, _MOVES)
        if move is not None and root_of(move) != event.path:
            self._moved.setdefault(event.frame.function, set()).add(event.path)
        yield from ()

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """The state is loaded, or a model is moved."""
        scope = event.frame.function
        if event.name == "load_state_dict" and isinstance(event.receiver, Thing) and event.receiver.kind == "optimizer":
            self._loaded.setdefault(scope, event.node)
        path = dotted(event.receiver_node)
        if event.name not in MOVE_METHODS or path is None or not self._goes_away(event):
            return
        moved = self._moved.setdefault(scope, set())
        if scope in self._loaded and path not in moved and self._is_trained(event, path):
            yield Report(
                event.node,
                f"`{path}` is moved after its optimizer's state was loaded, which stays where it is",
                ((self._loaded[scope], "the state is loaded here, to where the parameters are"),),
                "Move the model first, then load the optimizer's state.",
            )
        moved.add(path)

    def _is_trained(self, event: MethodCall, path: str) -> bool:
        """The function hands this model's parameters on, has not moved it yet, and does not see to the state."""
        devices = getattr(event.receiver, "devices", ())
        if any(device.is_elsewhere and device.where is not Where.INPUT for device in devices):
            return False
        function = event.frame.function
        text = self.context.model.text if function is None else self.context.analysis.source_of(function.node)
        takes = re.search(rf"(?<![\w.]){re.escape(path)}(?:\.module)?\.(?:named_)?parameters\(", text)
        return bool(takes) and not _STATE_IS_MOVED.search(text)

    def _goes_away(self, event: MethodCall) -> bool:
        """A move to where the CPU is not, as far as the argument says."""
        move = MOVE_METHODS[event.name]
        if move.device is not None:
            return move.device != "cpu"
        given = event.arguments.get("device", 0)
        if given is None:
            return False
        if isinstance(given.value, Text):
            return given.value.constant != "cpu" and is_device_like(given.value.constant or "cuda")
        if isinstance(given.value, DeviceValue):
            return not given.value.device.is_cpu_memory
        return names_a_device(self.text(given.node))
