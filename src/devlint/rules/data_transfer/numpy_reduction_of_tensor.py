"""XDV711."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.values import Tensor
from devlint.model.torchapi.numpy import REFUSED_REDUCTIONS
from devlint.rules.base import Report, Rule
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.events import ApiCall


class NumpyReductionOfTensor(Rule):
    """numpy is asked to reduce a tensor

    ## What it does
    Finds `np.mean(x)`, `np.sum(x)`, `np.max(x)` and the like where `x` is a tensor.

    ## Why is this bad
    numpy hands these on to the argument's own method, with arguments that a tensor's does not take: "mean() received an
    invalid combination of arguments", a `TypeError` on every device.

    ## Example
    ```python
    import numpy as np
    import torch


    def spread(x: torch.Tensor) -> float:
        return np.std(x)
    ```

    ## Use instead
    ```python
    import torch


    def spread(x: torch.Tensor) -> float:
        return x.std().item()
    ```

    ## Known problems
    Functions that turn a tensor into an array (`np.median`, `np.concatenate`) work in CPU memory, and are not flagged;
    nor are lists of tensors.

    ## References
    - [Reductions of torch.Tensor](https://pytorch.org/docs/stable/torch.html#reduction-ops)
    """

    meta = RuleMeta(
        "XDV711",
        "numpy-reduction-of-tensor",
        "a numpy reduction that is given a tensor",
        Severity.ERROR,
        Confidence.HIGH,
    )
    triggers = (
        Trigger(frozenset(name.rpartition(".")[2] for name in REFUSED_REDUCTIONS), before=r"\b(np|numpy|onp)\.\s*"),
    )

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """`np.mean(x)`, under one of the names that numpy goes by (the screen knows no others)."""
        first = event.arguments.get("a", 0)
        if event.name not in REFUSED_REDUCTIONS or first is None or not self.text(event.node).startswith(_NAMES):
            return
        if not isinstance(first.value, Tensor) or not first.value.sure:
            return
        name = event.name.rpartition(".")[2]
        yield Report(
            event.node,
            f"`np.{name}` of the tensor `{self.text(first.node)}` raises: a tensor's `{name}` takes other arguments",
            (),
            f"Use the tensor's own: `{self.text(first.node)}.{name}()`.",
        )


_NAMES = ("np.", "numpy.", "onp.")
