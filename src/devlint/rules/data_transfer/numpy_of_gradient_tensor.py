"""XDV710."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.lattice import Where
from devlint.flow.values import Tensor
from devlint.model.domain import is_test
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import safe
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.events import ApiCall, MethodCall
    from devlint.flow.values import Value
    from devlint.rules.base import Case


class NumpyOfGradientTensor(Rule):
    """A tensor that requires a gradient is turned into a numpy array

    ## What it does
    Finds `x.numpy()` and `np.asarray(x)` where `x` requires a gradient: a parameter, a tensor made with
    `requires_grad=True`, the output of a layer, and what is computed of them outside `torch.no_grad()`.

    ## Why is this bad
    numpy knows nothing of gradients, so PyTorch refuses: "Can't call numpy() on Tensor that requires grad. Use
    tensor.detach().numpy() instead."

    ## Example
    ```python
    import torch
    from torch import nn

    model = nn.Linear(3, 1)
    prediction = model(torch.ones(2, 3))
    print(prediction.numpy())
    ```

    ## Use instead
    ```python
    import torch
    from torch import nn

    model = nn.Linear(3, 1)
    prediction = model(torch.ones(2, 3))
    print(prediction.detach().numpy())
    ```

    ## Known problems
    A file that freezes parameters is not flagged. Tensors on an accelerator are left to
    [numpy-on-accelerator](numpy-on-accelerator.md).

    ## Fix safety
    Safe: `.detach()` shares the memory, and the array has no gradient either way.

    ## References
    - [torch.Tensor.numpy](https://pytorch.org/docs/stable/generated/torch.Tensor.numpy.html)
    - [torch.Tensor.detach](https://pytorch.org/docs/stable/generated/torch.Tensor.detach.html)
    """

    meta = RuleMeta(
        "XDV710",
        "numpy-of-gradient-tensor",
        "a tensor that requires a gradient handed to numpy",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.ALWAYS,
    )
    triggers = (Trigger(frozenset({"numpy", "asarray", "array"}), before=r"\.", after=r"\s*\("),)

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """`x.numpy()`."""
        arguments = event.arguments
        if event.name == "numpy" and not arguments.positional and not arguments.keywords and not arguments.is_open:
            yield from self._judge(event, event.receiver, event.receiver_node)

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """`np.asarray(x)`."""
        if event.name in ("numpy.asarray", "numpy.array") and event.arguments.positional:
            first = event.arguments.positional[0]
            yield from self._judge(event, first.value, first.node)

    def _judge(self, event: ApiCall | MethodCall, value: Value, node: cst.BaseExpression) -> Iterator[Report]:
        if not isinstance(value, Tensor) or not value.learns or not event.frame.records_gradients:
            return
        elsewhere = any(device.is_elsewhere and device.where is not Where.INPUT for device in value.devices)
        if elsewhere or is_test(self.context.model.path):
            return
        if self.context.file_has(_FREEZES):
            return
        yield Report(
            event.node,
            f"`{self.text(node)}` requires a gradient, which numpy cannot follow",
            (),
            f"Take it out of the graph: `{self.text(node)}.detach()`.",
        )

    def fix(self, case: Case) -> Fix | None:
        """Detach it first."""
        event = case.event
        node = getattr(event, "receiver_node", None) or event.arguments.positional[0].node
        return safe(("Add `.detach()`", case.edit.append_call(node, ".detach()")))


_FREEZES = re.compile(r"requires_grad_?\s*(?:=|\()\s*False|set_grad_enabled|\.requires_grad\s*=")
"""Somewhere parameters are told not to learn, or autograd is switched off for good."""
