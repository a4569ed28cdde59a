"""XDV701."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.events import MethodCall
from devlint.flow.lattice import Device, How, Where
from devlint.flow.values import Sequence, Tensor, Value
from devlint.model.domain import is_test
from devlint.model.torchapi.numpyborder import AXES, METRICS, PLOT_METHODS, reads_arrays
from devlint.rules.base import Report, Rule, story
from devlint.rules.fixing import safe
from devlint.rules.support import needs_to_be_tensor, tensors_in
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.arguments import Arguments
    from devlint.flow.events import ApiCall
    from devlint.flow.frame import Frame
    from devlint.rules.base import Case
_AXES = r"(?:ax|axs|axes|axis|plt|pyplot|subplot)s?\d*\s*(?:\[[^\n]*\])?\."


class NumpyOnAccelerator(Rule):
    """A tensor on an accelerator is turned into a numpy array

    ## What it does
    Finds `x.numpy()`, `np.asarray(x)` and calls of numpy, pandas, matplotlib and scikit-learn where `x` was moved to an
    accelerator, or holds parameters of a module or their gradients, without `.cpu()` between.

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
    triggers = (
        Trigger(frozenset({"numpy", "asarray", "array"}), before=r"\.", after=r"\s*\("),
        Trigger(PLOT_METHODS, before=_AXES, after=r"\s*\("),
        Trigger(PLOT_METHODS, before=r"\.", after=r"\s*\(", file="matplotlib|pylab"),
        Trigger(frozenset({"np", "numpy"}), after=r"\.(linalg\.)?[a-z]\w*\s*\("),
        Trigger(METRICS | {"DataFrame", "Series"}, after=r"\s*\("),
    )

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """`x.numpy()`, `ax.plot(x)`."""
        if event.name == "numpy" and not _forced(event.arguments):
            yield from self._judge(event, event.node, event.receiver, event.receiver_node)
        elif event.name in PLOT_METHODS and AXES.match(self.text(event.receiver_node)):
            yield from self._arguments(event)

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """`np.asarray(x)`, `plt.plot(x)`, `accuracy_score(y, x)`."""
        if event.name in ("numpy.asarray", "numpy.array") and event.arguments.positional:
            first = event.arguments.positional[0]
            yield from self._judge(event, event.node, first.value, first.node)
        elif reads_arrays(event.name) and _is_spelled_usually(event.name, self.text(event.node.func)):
            yield from self._arguments(event)

    def _arguments(self, event: ApiCall | MethodCall) -> Iterator[Report]:
        for argument in event.arguments.positional:
            yield from self._judge(event, argument.node, argument.value, argument.node)

    def _judge(
        self, event: ApiCall | MethodCall, at: cst.CSTNode, value: Value, node: cst.BaseExpression
    ) -> Iterator[Report]:
        if is_test(self.context.model.path) or event.frame.asks_about_devices:
            return
        source = self.context.analysis.source_of(node)
        if _is_detached(source) and self._may_be_elsewhere(value, node, event.frame):
            needs = needs_to_be_tensor(value, node, event.frame)
            if "detach()" not in source and needs is None:
                return
            yield Report(
                at,
                f"`{self.text(at)}` fails for a tensor on an accelerator: `.detach()` does not bring it to the CPU",
                (),
                f"Bring it to the CPU first: `{self.text(node)}.cpu()`.",
                needs if needs and "detach()" not in source else frozenset(),
                given=next(iter(value.devices), None) if isinstance(value, Tensor) else None,
            )
            return
        parts = (value.items or (value.element,)) if isinstance(value, Sequence) else (value,)
        held = next((tensor for part in parts for tensor in tensors_in(part)), None)
        if not isinstance(held, Tensor) or not all(map(_is_proven, held.devices)):
            return
        is_tensor = isinstance(event, MethodCall) and event.name == "numpy"  # nothing else has such a method
        needs = frozenset() if is_tensor or held is not value else needs_to_be_tensor(value, node, event.frame)
        if needs is None or (held is not value and not held.sure):
            return
        device = held.devices[0]
        where = "this module's device" if device.where is Where.MODULE else f"`{device.name}`"
        yield Report(
            at,
            f"`{self.text(node)}` is on {where}, and numpy only reads CPU memory",
            tuple(story(device.origin)),
            f"Bring it to the CPU first: `{self.text(node)}.cpu()`.",
            needs,
        )

    def _may_be_elsewhere(self, value: Value, node: cst.BaseExpression, frame: Frame) -> bool:
        """Not in CPU memory, as far as is known; what a private helper is handed, its callers know."""
        if not isinstance(value, Tensor):
            cut = "detach()" in self.context.analysis.source_of(node)
            return cut and type(value) is Value and self.context.file_has(_ABOUT_DEVICES)
        if not all(device.is_elsewhere for device in value.devices):
            return False
        private = frame.function is not None and frame.function.name.startswith("_")
        given = any(isinstance(frame.look_up(device.name), Tensor) for device in value.devices)
        return not (private and given and ".forward(" not in self.context.analysis.source_of(node))

    def fix(self, case: Case) -> Fix | None:
        """Bring it to the CPU, and out of the graph where it is a parameter."""
        event = case.event
        given = {argument.node: argument.value for argument in event.arguments.positional}
        if isinstance(event, MethodCall) and event.name == "numpy":
            node, value = event.receiver_node, event.receiver
        else:
            node = case.node if case.node in given else event.arguments.positional[0].node
            value = given[node]
        if isinstance(value, Sequence):
            return None
        detach = ".detach()" if isinstance(value, Tensor) and (value.parameter or value.learns) else ""
        return safe((f"Add `{detach}.cpu()`", case.edit.append_call(node, f"{detach}.cpu()")))


_ABOUT_DEVICES = re.compile(r"cuda|\bdevice\b|LightningModule")


def _is_spelled_usually(name: str, spelled: str) -> bool:
    """The screen knows no other names."""
    if name.startswith("numpy."):
        return spelled.startswith(("np.", "numpy."))
    return "." in spelled or not name.startswith(("matplotlib.", "pylab."))


def _is_proven(device: Device) -> bool:
    """On an accelerator, or wherever parameters or a chosen device are; inputs may well be CPU tensors."""
    if device.where is Where.VARIABLE:
        if device.origin is not None and device.origin.how is How.MODULE:
            return True
        return not device.name.endswith(".device") or device.name == "self.device"
    return device.is_accelerator or device.where is Where.MODULE


def _forced(arguments: Arguments) -> bool:
    return "force" in arguments.keywords or bool(arguments.positional)


def _is_detached(text: str) -> bool:
    """Cut from the graph, so that it took part in training or inference, and not brought to the CPU."""
    cut = re.search(r"\.(detach\(\)([.,)\]]|$|\[)|data(\.|$|\[))", text)
    return cut is not None and not re.search(r"\.(cpu|to|numpy)\(", text)
