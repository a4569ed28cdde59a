"""XDV306."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.values import Text
from devlint.model.torchapi import FACTORIES, LEGACY_CUDA
from devlint.model.torchapi.cuda import CUDA_ONLY_IMPORT
from devlint.rules.base import Report, Rule
from devlint.rules.triggers import LEGACY_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.events import ApiCall


class LegacyTensorType(Rule):
    """A legacy tensor constructor fixes the device

    ## What it does
    Finds `torch.cuda.FloatTensor(...)` and its like, and `torch.FloatTensor(..., device=...)`.

    ## Why is this bad
    The constructors of old name their device in the type. `torch.cuda.FloatTensor` needs CUDA and ignores the device of
    everything else; `torch.FloatTensor(data, device="cuda")` raises "legacy constructor expects device type: cpu".

    ## Example
    ```python
    import torch


    def ones(n: int) -> torch.Tensor:
        return torch.cuda.FloatTensor(n).fill_(1)
    ```

    ## Use instead
    ```python
    import torch


    def ones(n: int, device: torch.device) -> torch.Tensor:
        return torch.ones(n, device=device)
    ```

    ## Known problems
    None known.

    ## References
    - [torch.Tensor](https://pytorch.org/docs/stable/tensors.html)
    """

    meta = RuleMeta(
        "XDV306",
        "legacy-tensor-type",
        'a legacy constructor that fixes the device',
        Severity.ERROR,
        Confidence.HIGH,
    )
    triggers = LEGACY_TYPES

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """The constructor is called."""
        if event.name in LEGACY_CUDA:
            if not event.frame.asks_about_devices and not self.context.file_has(_NEEDS_CUDA):
                yield Report(
                    event.node,
                    f"`{event.name}` needs CUDA and puts the tensor on the current GPU, whatever the others are on",
                    (),
                    "Use `torch.tensor(..., device=...)`, `torch.zeros(..., device=...)` or `x.new_zeros(...)`.",
                )
            return
        factory = FACTORIES.get(event.name)
        given = event.arguments.keywords.get("device")
        if factory is None or not event.name.endswith("Tensor") or given is None:
            return
        if isinstance(given.value, Text) and (given.value.constant or "").startswith("cpu"):
            return
        yield Report(
            event.node,
            f"`{event.name}` is a CPU type and refuses `device={self.text(given.node)}` unless that is the CPU",
            (),
            f"Use `torch.tensor(..., device={self.text(given.node)})`.",
        )


_NEEDS_CUDA = re.compile(CUDA_ONLY_IMPORT, re.MULTILINE)
