"""XDV104."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.lattice import Where
from devlint.rules.base import Report, Rule, story
from devlint.rules.fixing import device_at_hand, give_device, safe
from devlint.rules.support import name_of_other_side
from devlint.rules.triggers import CPU_MOVES, FACTORY_CALLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.findings import Fix
    from devlint.flow.events import Clash
    from devlint.rules.base import Case


class CpuTensorIndexedByAccelerator(Rule):
    """A CPU tensor is indexed by a tensor that may be on an accelerator

    ## What it does
    Finds `table[index]` where the table is in CPU memory and the index (integers or a mask) is an input or was moved to
    a device.

    ## Why is this bad
    PyTorch lets an accelerator's tensor be indexed by CPU indices, not the reverse: "indices should be either on cpu or
    on the same device as the indexed tensor (cpu)".

    ## Example
    ```python
    import torch


    def pick(scores: torch.Tensor) -> torch.Tensor:
        keep = scores > 0.5
        return torch.arange(len(scores))[keep]
    ```

    ## Use instead
    ```python
    import torch


    def pick(scores: torch.Tensor) -> torch.Tensor:
        keep = scores > 0.5
        return torch.arange(len(scores), device=scores.device)[keep]
    ```

    ## Known problems
    None known.

    ## Fix safety
    Safe: the table is made on the device of the index where that is at hand; otherwise the index is brought to the
    CPU. Without it the operation fails.

    ## References
    - [torch.Tensor indexing: error text](https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/TensorIndexing.h)
    """

    meta = RuleMeta(
        "XDV104",
        "cpu-tensor-indexed-by-accelerator",
        "a CPU tensor indexed by a tensor of another device",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (*FACTORY_CALLS, CPU_MOVES)

    def on_clash(self, clash: Clash) -> Iterator[Report]:
        """Indexing, the wrong way round."""
        if clash.how != "index":
            return
        origin = clash.left.device.origin
        if origin is None:
            return
        device = clash.right.device
        if origin.attribute is not None and device.where is Where.INPUT and not clash.frame.asks_for(device):
            return  # what a class keeps is meant for such inputs as it gets
        left, right = self.text(clash.left.node), self.text(clash.right.node)
        yield Report(
            clash.node,
            f"`{left}` is in CPU memory and is indexed by `{right}`, which is on {name_of_other_side(clash)}",
            tuple(story(origin, clash.right.device.origin)),
            f"Make `{left}` on the index's device, or index it with `{right}.cpu()`.",
        )

    def fix(self, case: Case) -> Fix | None:
        """Make the table where the index is, or else bring the index to the CPU."""
        clash = case.event
        origin = clash.left.device.origin
        if origin is not None and origin.attribute is None:
            device = device_at_hand(case, origin.node, clash.right)
            made = give_device(case, origin.node, device) if device else None
            if made is not None:
                return safe(made)
        return safe(("Bring the index to the CPU", case.edit.append_call(clash.right.node, ".cpu()")))
