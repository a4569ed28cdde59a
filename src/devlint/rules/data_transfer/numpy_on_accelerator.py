"""XDV701."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.events import MethodCall
from devlint.flow.lattice import Device, Where
from devlint.flow.values import Tensor
from devlint.model.domain import is_test
from devlint.rules.base import Report, Rule, story
from devlint.rules.fixing import safe
from devlint.rules.support import needs_to_be_tensor
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.arguments import Arguments
    from devlint.flow.events import ApiCall
    from devlint.flow.frame import Frame
    from devlint.flow.values import Value
    from devlint.rules.base import Case


class NumpyOnAccelerator(Rule):
    """A tensor on an accelerator is turned into a numpy array

    ## What it does
    Finds `x.numpy()` and `np.asarray(x)` where `x` was moved to an accelerator or holds parameters of a module, without
    `.cpu()` between.

    ## Why is this bad
    numpy only knows CPU memory: "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor
    to host memory first". `.detach()` and `.data` do not move.

    ## Example
    ```python
    import torch


    def weights(model: torch.nn.Module):
        return [p.detach().numpy() for p in model.parameters()]
    ```

    ## Use instead
    ```python
    import torch


    def weights(model: torch.nn.Module):
        return [p.detach().cpu().numpy() for p in model.parameters()]
    ```

    ## Known problems
    Inputs of unknown device are not flagged: much code works on CPU tensors alone.

    ## Fix safety
    Safe: `.cpu()` gives a CPU tensor back as it is, sharing its memory as before.

    ## References
    - [torch.Tensor.numpy](https://pytorch.org/docs/stable/generated/torch.Tensor.numpy.html)
    """

    meta = RuleMeta(
        "XDV701",
        "numpy-on-accelerator",
        "a tensor of an accelerator handed to numpy",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.ALWAYS,
    )
    triggers = (Trigger(frozenset({"numpy", "asarray", "array"}), before=r"\.", after=r"\s*\("),)

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """`x.numpy()`."""
        if event.name == "numpy" and not _forced(event.arguments):
            yield from self._judge(event, event.receiver, event.receiver_node)

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """`np.asarray(x)`."""
        if event.name in ("numpy.asarray", "numpy.array") and event.arguments.positional:
            first = event.arguments.positional[0]
            yield from self._judge(event, first.value, first.node)

    def _judge(self, event: ApiCall | MethodCall, value: Value, node: cst.BaseExpression) -> Iterator[Report]:
        if is_test(self.context.model.path):
            return
        if (
            _is_detached(self.text(node))
            and not event.frame.asks_about_devices
            and _may_be_elsewhere(value, event.frame)
        ):
            needs = needs_to_be_tensor(value, node, event.frame)
            if "detach()" not in self.text(node) and needs is None:
                return
            yield Report(
                event.node,
                f"`{self.text(event.node)}` fails for a tensor on an accelerator: "
                "`.detach()` does not bring it to the CPU",
                (),
                f"Bring it to the CPU first: `{self.text(node)}.cpu()`.",
                needs if needs and "detach()" not in self.text(node) else frozenset(),
                given=next(iter(value.devices), None),
            )
            return
        if not isinstance(value, Tensor) or not all(map(_is_proven, value.devices)) or event.frame.asks_about_devices:
            return
        is_tensor = isinstance(event, MethodCall)  # nothing else has a method `numpy`
        needs = frozenset() if is_tensor else needs_to_be_tensor(value, node, event.frame)
        if needs is None:
            return
        device = value.devices[0]
        where = "this module's device" if device.where is Where.MODULE else f"`{device.name}`"
        yield Report(
            event.node,
            f"`{self.text(node)}` is on {where}, and numpy only reads CPU memory",
            tuple(story(device.origin)),
            f"Bring it to the CPU first: `{self.text(node)}.cpu()`.",
            needs,
        )

    def fix(self, case: Case) -> Fix | None:
        """Bring it to the CPU, and out of the graph where it is a parameter."""
        event = case.event
        node = event.receiver_node if isinstance(event, MethodCall) else event.arguments.positional[0].node
        value = event.receiver if isinstance(event, MethodCall) else event.arguments.positional[0].value
        detach = ".detach()" if isinstance(value, Tensor) and (value.parameter or value.learns) else ""
        return safe((f"Add `{detach}.cpu()`", case.edit.append_call(node, f"{detach}.cpu()")))


def _is_proven(device: Device) -> bool:
    """On an accelerator, or wherever parameters or a chosen device are; inputs may well be CPU tensors."""
    if device.where is Where.VARIABLE:
        return not device.name.endswith(".device") or device.name == "self.device"
    return device.is_accelerator or device.where is Where.MODULE


def _forced(arguments: Arguments) -> bool:
    return "force" in arguments.keywords or bool(arguments.positional)


def _is_detached(text: str) -> bool:
    """Cut from the graph, so that it took part in training or inference, and not brought to the CPU."""
    return bool(re.search(r"\.(detach\(\)|data)(\.|$|\[)", text)) and not re.search(r"\.(cpu|to|numpy)\(", text)


def _may_be_elsewhere(value: Value, frame: Frame) -> bool:
    """Not in CPU memory, as far as is known; what a private helper is handed, its callers know."""
    if not isinstance(value, Tensor) or not all(device.is_elsewhere for device in value.devices):
        return False
    private = frame.function is not None and frame.function.name.startswith("_")
    return not (private and any(isinstance(frame.look_up(device.name), Tensor) for device in value.devices))
