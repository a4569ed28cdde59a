"""XDV107."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.devices import names_a_device
from devlint.flow.values import DeviceValue, Number, Text
from devlint.model.torchapi import FACTORIES, MOVE_METHODS
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import give_device, qualified_name, safe
from devlint.rules.support import is_device_like
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.events import MethodCall
    from devlint.rules.base import Case

_SIMPLE = frozenset(
    name for name, factory in FACTORIES.items() if factory.takes_device and not factory.random and factory.like is None
)
"""What makes the same numbers on every device, from sizes and numbers alone."""

_KEPT = frozenset({"device", "out", "pin_memory", "requires_grad", "generator"})


class CreatedThenMoved(Rule):
    """A tensor is made on the CPU and moved at once

    ## What it does
    Finds `torch.zeros(n).to(device)`, `torch.arange(n).cuda()` and their like.

    ## Why is this bad
    The tensor is filled in CPU memory and then copied, for which the CPU waits. With `device=` the accelerator fills it
    itself, which is many times as fast; in a training loop or a `forward` this is paid for at every step.

    ## Example
    ```python
    import torch


    def start(n: int, device: torch.device) -> torch.Tensor:
        return torch.zeros(n, 128).to(device)
    ```

    ## Use instead
    ```python
    import torch


    def start(n: int, device: torch.device) -> torch.Tensor:
        return torch.zeros(n, 128, device=device)
    ```

    ## Known problems
    Random numbers are not flagged: on another device they are others. Nor is `torch.tensor([1, 2]).to(device)`, which
    has to copy its numbers in any case.

    ## Fix safety
    Safe: it is the same tensor in the same place. There is no fix for `.cuda(device)` unless it is known what `device`
    is.

    ## References
    - [Create tensors directly on the target device](https://pytorch.org/tutorials/recipes/recipes/tuning_guide.html#create-tensors-directly-on-the-target-device)
    """

    meta = RuleMeta(
        "XDV107",
        "created-then-moved",
        "a tensor made on the CPU and moved in the same expression",
        Severity.WARNING,
        Confidence.HIGH,
        pedantic=True,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (Trigger(frozenset(name.rpartition(".")[2] for name in _SIMPLE), after=r"\s*\("),)

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """A move of what a factory has just made."""
        move, made = MOVE_METHODS.get(event.name), event.receiver_node
        if move is None or move.device == "cpu" or not move.params or not hasattr(made, "func"):
            return
        if qualified_name(self.context, made.func) not in _SIMPLE or _has_its_own(cast("cst.Call", made)):
            return
        device = self._device(event)
        if device is not None:
            name = self.text(made.func)
            yield Report(
                event.node,
                f"`{name}` makes the tensor in CPU memory, and `.{event.name}(...)` copies it from there",
                (),
                f"Make it there: `{name}(..., device={device})`.",
            )

    def _device(self, event: MethodCall) -> str | None:
        """The device it is moved to, if that is all that the move is told."""
        arguments = event.arguments
        if (
            arguments.is_open
            or len(arguments.positional) > 1
            or not set(arguments.keywords) <= {"device", "non_blocking"}
        ):
            return None
        given, kind = arguments.get("device", 0), MOVE_METHODS[event.name].device
        if given is None:
            return f'"{kind}"' if kind is not None else None
        text = self.text(given.node)
        if isinstance(given.value, Text):
            return text if is_device_like(given.value.constant or "") else None
        if kind is None or isinstance(given.value, DeviceValue):
            return text if isinstance(given.value, DeviceValue | Number) or names_a_device(text) else None
        return text

    def fix(self, case: Case) -> Fix | None:
        """Make it on the device."""
        event, device = case.event, self._device(case.event)
        given = event.arguments.get("device", 0)
        is_object = given is not None and isinstance(given.value, DeviceValue) and given.value.is_object
        if device is None or (given is not None and event.name != "to" and not is_object):
            return None  # `.cuda(None)` is the current CUDA device, `device=None` the default one
        repair = give_device(case, event.receiver_node, device)
        if repair is None or repair[1] is None:
            return None
        return safe((repair[0], (*repair[1], case.edit.delete_after(event.receiver_node, event.node))))


def _has_its_own(call: cst.Call) -> bool:
    """Whether the factory is told something that a device would disagree with, or something that is not seen."""
    return any(each.star or (each.keyword is not None and each.keyword.value in _KEPT) for each in call.args)
