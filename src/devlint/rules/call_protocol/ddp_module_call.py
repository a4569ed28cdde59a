"""XDV503."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.values import Module
from devlint.model.torchapi.distributed import GRADIENT_SYNCHRONISERS
from devlint.rules.base import Report, Rule
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.events import MethodCall
    from devlint.flow.frame import Frame


class DdpModuleCall(Rule):
    """The module inside DistributedDataParallel is trained directly

    ## What it does
    Finds `ddp.module(...)` and `ddp.module.forward(...)` in a loop or function that computes gradients, where `ddp` is
    a `DistributedDataParallel`.

    ## Why is this bad
    `DistributedDataParallel.forward` prepares the exchange of gradients. Who calls the module inside goes around it:
    each process trains on its own share of the data with its own gradients, and the copies of the model drift apart
    without a word.

    ## Example
    ```python
    import torch
    from torch.nn.parallel import DistributedDataParallel


    def train(model, batches, optimizer, loss_fn):
        ddp = DistributedDataParallel(model)
        for x, y in batches:
            optimizer.zero_grad()
            loss = loss_fn(ddp.module(x), y)
            loss.backward()
            optimizer.step()
    ```

    ## Use instead
    ```python
    import torch
    from torch.nn.parallel import DistributedDataParallel


    def train(model, batches, optimizer, loss_fn):
        ddp = DistributedDataParallel(model)
        for x, y in batches:
            optimizer.zero_grad()
            loss = loss_fn(ddp(x), y)
            loss.backward()
            optimizer.step()
    ```

    ## Known problems
    A wrapped model that comes from another function is missed. Where the loop calls the wrapped model, too, and below
    `torch.no_grad()`, nothing is flagged.

    ## References
    - [DistributedDataParallel](https://pytorch.org/docs/stable/generated/torch.nn.parallel.DistributedDataParallel.html)
    """

    meta = RuleMeta(
        "XDV503",
        "ddp-module-call",
        "a training step that calls the module inside DistributedDataParallel",
        Severity.ERROR,
        Confidence.HIGH,
    )
    triggers = (Trigger(frozenset({"module"}), before=r"\.\s*", after=r"\s*(\.\s*forward\s*)?\("),)

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """`ddp.module(...)`, or `forward` of what `ddp.module` is."""
        import libcst as cst

        owner = event.receiver_node
        if event.name == "forward" and isinstance(owner, cst.Attribute) and owner.attr.value == "module":
            owner = owner.value
        elif event.name != "module":
            return
        wrapped = event.frame.evaluate(owner)
        if not isinstance(wrapped, Module) or wrapped.cls not in GRADIENT_SYNCHRONISERS:
            return
        name, step = self.text(owner), self._training_step(event.frame)
        if not event.frame.records_gradients or re.search(rf"(?<![\w.]){re.escape(name)}\(|^$", step):
            return
        yield Report(
            event.node,
            f"`{name}.module` is called instead of `{name}`: the gradients of this step are not exchanged",
            (),
            f"Call the wrapped model: `{name}(...)`.",
        )

    def _training_step(self, frame: Frame) -> str:
        """The text of the loop, or of the function without one, that computes gradients here; empty if none does."""
        if frame.in_training_loop:
            return self.context.analysis.source_of(frame.loops[-1].node)
        step = self.context.analysis.source_of(frame.function.node) if frame.function and not frame.loops else ""
        return step if ".backward(" in step else ""
