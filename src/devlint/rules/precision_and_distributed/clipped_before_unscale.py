"""XDV802."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.values import Thing
from devlint.model.torchapi.precision import GRADIENT_CLIPPING
from devlint.rules.base import Report, Rule
from devlint.rules.support import dotted
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.flow.events import ApiCall, MethodCall
    from devlint.rules.base import Context


class ClippedBeforeUnscale(Rule):
    """Gradients are clipped while they are scaled

    ## What it does
    Finds `clip_grad_norm_` and `clip_grad_value_` between `scaler.scale(loss).backward()` and `scaler.step(optimizer)`,
    without a `scaler.unscale_(optimizer)` before them.

    ## Why is this bad
    A gradient scaler multiplies the loss, and with it all gradients, by a large factor (65536 at first) that changes
    over time. A limit of 1.0 is then a limit of 1/65536: all gradients are cut to almost nothing. Training goes on, and
    learns little.

    ## Example
    ```python
    import torch


    def step(model, x, optimizer, scaler):
        scaler.scale(model(x).mean()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
    ```

    ## Use instead
    ```python
    import torch


    def step(model, x, optimizer, scaler):
        scaler.scale(model(x).mean()).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
    ```

    ## Known problems
    Only one function is looked at. A scaler that is switched off (`enabled=False`) does not scale, which is not seen.

    ## References
    - [Working with scaled gradients](https://pytorch.org/docs/stable/notes/amp_examples.html#working-with-unscaled-gradients)
    - [torch.nn.utils.clip_grad_norm_](https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html)
    """

    meta = RuleMeta(
        "XDV802",
        "clipped-before-unscale",
        "gradients clipped while a gradient scaler has them scaled",
        Severity.ERROR,
        Confidence.HIGH,
    )
    triggers = (Trigger(frozenset(name.rpartition(".")[2] for name in GRADIENT_CLIPPING), after=r"\s*\("),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._clipped: dict[object, tuple[cst.CSTNode, frozenset[str]]] = {}

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """Clipping: wrong if gradients are scaled, and still are at the next step."""
        from devlint.flow.precision import scalers_at_work

        if event.name in GRADIENT_CLIPPING and "unscale" not in self._around(event):
            self._clipped[event.frame.function] = event.node, scalers_at_work(event.frame.state)
        yield from ()

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """`scaler.step(optimizer)`."""
        from devlint.flow.precision import scaled

        path = dotted(event.receiver_node)
        if event.name != "step" or path is None:
            return
        clip, before = self._clipped.get(event.frame.function, (None, frozenset()))
        backward = event.frame.state.env.get(scaled(path))
        if clip is None or path not in before or not isinstance(backward, Thing) or backward.origin is None:
            return
        name = self.text(clip.func) if hasattr(clip, "func") else "the clipping"
        yield Report(
            clip,
            f"`{name}` clips gradients that `{path}` has scaled",
            ((backward.origin, "here they are scaled"),),
            f"Call `{path}.unscale_(optimizer)` before it.",
        )

    def _around(self, event: ApiCall) -> str:
        function = event.frame.function
        return self.context.model.text if function is None else self.context.analysis.source_of(function.node)
