"""XDV309."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.values import Class, Function
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import unsafe
from devlint.rules.triggers import DEVICE_PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.findings import Fix
    from devlint.flow.events import LocalCall
    from devlint.flow.values import Value
    from devlint.model.functions import FunctionModel
    from devlint.rules.base import Case


class DeviceNotPassedOn(Rule):
    """A device parameter is not handed on

    ## What it does
    Finds functions with a `device` parameter which call a function, method or class of the same file that takes
    `device`, too, without passing it.

    ## Why is this bad
    The callee falls back to its default, often the CPU or "cuda": what it makes is not where the caller was told to
    work.

    ## Example
    ```python
    import torch


    def grid(n: int, device="cpu") -> torch.Tensor:
        return torch.arange(n, device=device)


    def mesh(n: int, device="cpu"):
        rows = grid(n)
        return rows, torch.zeros(n, device=device)
    ```

    ## Use instead
    ```python
    import torch


    def grid(n: int, device="cpu") -> torch.Tensor:
        return torch.arange(n, device=device)


    def mesh(n: int, device="cpu"):
        rows = grid(n, device=device)
        return rows, torch.zeros(n, device=device)
    ```

    ## Known problems
    A result that is moved afterwards is let through where that shows in the same expression.

    ## Fix safety
    Unsafe: what the callee makes goes to another device than before.

    ## References
    - [torch.device](https://pytorch.org/docs/stable/tensor_attributes.html#torch.device)
    """

    meta = RuleMeta(
        "XDV309",
        "device-not-passed-on",
        "a call that omits the `device` its caller was given",
        Severity.WARNING,
        Confidence.MEDIUM,
        pedantic=True,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (DEVICE_PARAMETERS,)

    def on_local_call(self, event: LocalCall) -> Iterator[Report]:
        """The callee takes a device, the caller has one, and the call passes none."""
        function = event.frame.function
        given = function.parameter("device") if function is not None else None
        callee = _signature(event.callee)
        if (
            function is None
            or given is None
            or callee is None
            or event.arguments.is_open
            or function.name == "__init__"
        ):
            return
        wanted = callee.parameter("device")
        if wanted is None or wanted.default is None or event.arguments.get("device") is not None:
            return
        parameters = [parameter.name for parameter in callee.parameters]
        position = parameters.index("device") - (1 if callee.takes_self or callee.is_class_method else 0)
        if position < len(event.arguments.positional) or self._device_is_dealt_with(event):
            return
        name = self.text(event.node.func)
        yield Report(
            event.node,
            f"`{name}` takes `device`, which `{function.name}` was given and does not pass on",
            ((given.node, "the device that the caller asked for"),),
            "Pass it on: `device=device`.",
        )

    def _device_is_dealt_with(self, event: LocalCall) -> bool:
        """Some argument already carries it, or the result is moved."""
        return (
            any("device" in self.text(argument.node) for argument in event.arguments.each()) or event.frame.is_guarded
        )

    def fix(self, case: Case) -> Fix | None:
        """Pass the device on."""
        return unsafe(("Add `device=device`", case.edit.add_keyword(case.node, "device", "device")))


def _signature(callee: Value) -> FunctionModel | None:
    """The function that the arguments go to."""
    if isinstance(callee, Class):
        return callee.model.method("__init__")
    return callee.model if isinstance(callee, Function) else None
