"""XDV109."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.model.torchapi import FACTORIES
from devlint.rules.base import Report, Rule
from devlint.rules.support import is_host_beside_default, notes_of, phrase_of
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.events import Clash

_HOST_ONLY = frozenset(name for name, factory in FACTORIES.items() if not factory.follows_default)
_NAMES = frozenset(name.rpartition(".")[2] for name in _HOST_ONLY)
_TYPES = frozenset(name for name in _NAMES if name.endswith(("Tensor", "Storage")))
_CHOSEN = (
    r"\bset_default_device\s*\(|\bwith\s(?!(?:torch\.)?(?:amp\.)?autocast\b)[^\n]*device|"
    r"\bwith\s+\w+\s*:|\bwith\s*\("
)
"""Somebody sets a default device, or enters something that may be one."""


class HostTensorUnderDefaultDevice(Rule):
    """A tensor stays on the CPU although a default device is set

    ## What it does
    Finds tensors of `torch.from_numpy`, `torch.frombuffer` and the legacy constructors (`torch.Tensor`,
    `torch.FloatTensor`) that meet tensors which were made under `with torch.device(...)` or after
    `torch.set_default_device(...)`.

    ## Why is this bad
    These functions do not obey the default device: they always use CPU memory. `torch.zeros` and `torch.tensor` beside
    them do, so that the two cannot meet in an operation.

    ## Example
    ```python
    import numpy as np
    import torch


    def weighted_sum(values: np.ndarray, device: torch.device) -> torch.Tensor:
        with torch.device(device):
            weights = torch.linspace(0, 1, len(values))
            return weights @ torch.from_numpy(values)
    ```

    ## Use instead
    ```python
    import numpy as np
    import torch


    def weighted_sum(values: np.ndarray, device: torch.device) -> torch.Tensor:
        with torch.device(device):
            weights = torch.linspace(0, 1, len(values))
            return weights @ torch.as_tensor(values)
    ```

    ## Known problems
    A default device that is set in another function is not seen.

    ## References
    - [torch.set_default_device](https://pytorch.org/docs/stable/generated/torch.set_default_device.html)
    - [torch.from_numpy](https://pytorch.org/docs/stable/generated/torch.from_numpy.html)
    """

    meta = RuleMeta(
        "XDV109",
        "host-tensor-under-default-device",
        "a tensor of `torch.from_numpy` and its like beside tensors on a default device that was set",
        Severity.ERROR,
        Confidence.HIGH,
    )
    triggers = (
        Trigger(_TYPES, after=r"\s*\(", file=_CHOSEN, travels=True),
        Trigger(_NAMES - _TYPES - {"range"}, file=_CHOSEN, travels=True),
        Trigger(frozenset({"range"}), before=r"\.", file=_CHOSEN, travels=True),
    )

    def on_clash(self, clash: Clash) -> Iterator[Report]:
        """Host memory meets the default device."""
        origin = clash.left.device.origin
        if origin is None or not is_host_beside_default(clash):
            return
        other = self.text(clash.right.node)
        yield Report(
            origin.node,
            f"`{self.text(origin.node)}` is in CPU memory, whatever the default device is, and {phrase_of(clash)} "
            f"`{other}`, which is on that device",
            notes_of(self, clash),
            "Use `torch.as_tensor` or `torch.tensor`, which obey the default device.",
        )
