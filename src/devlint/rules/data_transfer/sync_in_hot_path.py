"""XDV707."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.values import UNKNOWN, Tensor
from devlint.model.domain import is_test
from devlint.rules.base import Report, Rule
from devlint.rules.support import needs_to_be_tensor
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.events import MethodCall
    from devlint.flow.frame import Frame

_READS = frozenset({"item", "tolist", "cpu", "numpy"})


class SyncInHotPath(Rule):
    """The CPU waits for the accelerator in every step

    ## What it does
    Finds `.item()`, `.tolist()`, `.cpu()` and `.numpy()` of tensors in `forward`, and in every step of a loop that
    computes gradients.

    ## Why is this bad
    Each of them waits until the accelerator has done all its work. The queue runs empty, and the accelerator idles
    until Python has filled it again; in `forward`, it also splits the graph of `torch.compile` and forbids CUDA graphs.

    ## Example
    ```python
    import torch


    def train(model: torch.nn.Module, batches, optimizer, loss_fn):
        total = 0.0
        for x, y in batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        return total
    ```

    ## Use instead
    ```python
    import torch


    def train(model: torch.nn.Module, batches, optimizer, loss_fn):
        total = 0.0
        for x, y in batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.detach()
        return total
    ```

    ## Known problems
    Once in a step is often accepted, since a step takes long. What stands under a condition (`if step % 100 == 0`) is
    not flagged in loops.

    ## References
    - [Avoid unnecessary CPU-GPU synchronization](https://pytorch.org/tutorials/recipes/recipes/tuning_guide.html#avoid-unnecessary-cpu-gpu-synchronization)
    """

    meta = RuleMeta(
        "XDV707",
        "sync-in-hot-path",
        "a wait for the accelerator in `forward` or in every training step",
        Severity.INFO,
        Confidence.MEDIUM,
        pedantic=True,
    )
    triggers = (Trigger(_READS, before=r"\.\s*", after=r"\s*\("),)

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """`x.item()`."""
        if event.name not in _READS or event.arguments.positional or is_test(self.context.model.path):
            return
        if "raising" in event.frame.state.guards:
            return
        place, needs = self._place(event, event.frame), self._needs(event)
        if place is None or needs is None:
            return
        text = self.text(event.receiver_node)
        yield Report(
            event.node,
            f"`{text}.{event.name}()` makes the CPU wait for the accelerator {place}",
            (),
            "Keep the value on the accelerator, and read it once in a while.",
            needs,
        )

    def _needs(self, event: MethodCall) -> frozenset[str] | None:
        """What must turn out to be a tensor; what has `item()` and no place yet known is one, or nearly one."""
        value = event.receiver
        if isinstance(value, Tensor) and any(device.is_cpu_memory for device in value.devices):
            return None
        if event.name == "item" and (value is UNKNOWN or isinstance(value, Tensor)) and event.frame.in_training_loop:
            return frozenset()
        return needs_to_be_tensor(value, event.receiver_node, event.frame) if isinstance(value, Tensor) else None

    def _place(self, event: MethodCall, frame: Frame) -> str | None:
        if frame.in_every_training_step and frame.records_gradients:
            return "in every training step"
        if not frame.in_module or frame.function is None or frame.function.name != "forward" or frame.loops:
            return None
        sizes = event.name == "tolist" and re.search(r"split|size|len|shape", self.text(event.receiver_node))
        return None if sizes else "in every call of `forward`"
