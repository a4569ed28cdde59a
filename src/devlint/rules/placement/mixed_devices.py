"""XDV103."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.lattice import How, Where
from devlint.flow.values import Tensor
from devlint.rules.base import Report, Rule, story
from devlint.rules.fixing import device_at_hand, moved, unsafe
from devlint.rules.support import is_created_without_device, name_of_other_side, phrase_of, root_of
from devlint.rules.triggers import CPU_MOVES, CUDA_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.findings import Fix
    from devlint.flow.events import Clash
    from devlint.rules.base import Case


class MixedDevices(Rule):
    """Tensors that were moved to different devices meet

    ## What it does
    Finds operations one side of which was moved or made in one place (`x.cpu()`, `.to("cuda:1")`, `device="cpu"`) while
    the other side is known to be in another.

    ## Why is this bad
    PyTorch does not move tensors by itself: the operation stops with "Expected all tensors to be on the same device".

    ## Example
    ```python
    import torch


    def center(x: torch.Tensor) -> torch.Tensor:
        mean = x.mean(dim=0, keepdim=True).cpu()
        return x - mean
    ```

    ## Use instead
    ```python
    import torch


    def center(x: torch.Tensor) -> torch.Tensor:
        mean = x.mean(dim=0, keepdim=True)
        return x - mean
    ```

    ## Known problems
    None known.

    ## Fix safety
    Unsafe: which of the two sides should move is for you to say. The fix moves the side that was moved away before,
    at the operation.

    ## References
    - [CUDA semantics](https://pytorch.org/docs/stable/notes/cuda.html)
    """

    meta = RuleMeta(
        "XDV103",
        "mixed-devices",
        "an operation on tensors that were moved to different devices",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (CPU_MOVES, CUDA_WORDS)

    def on_clash(self, clash: Clash) -> Iterator[Report]:
        """Both sides were put where they are on purpose."""
        left = clash.left.device
        origin = left.origin
        if clash.how in ("index", "host-argument", "left-behind") or is_created_without_device(left):
            return
        if origin is None or origin.how is not How.MOVE or left.where is Where.DEFAULT:
            return  # DEFAULT: moved to where another tensor is, which is the one to be reported
        if left.is_cpu_memory and "cpu" not in self.context.analysis.source_of(origin.node):
            return  # moved to where something else is
        right = clash.right
        if isinstance(right.value, Tensor) and not right.value.sure and right.device.where is Where.INPUT:
            return
        root = root_of(origin.node) or ""
        own = clash.frame.in_module and root.startswith("self.")
        if right.device.where is Where.INPUT and root != right.device.name and not own and not right.device.is_sought:
            return  # an input may well be in CPU memory itself, unless it is the very one that was moved
        text, other = self.text(clash.left.node), self.text(clash.right.node)
        yield Report(
            clash.node,
            f"`{text}` is on `{left.name}` and {phrase_of(clash)} `{other}`, which is on {name_of_other_side(clash)}",
            tuple(story(origin, clash.right.device.origin)),
            "Bring both to one device before they meet.",
        )

    def fix(self, case: Case) -> Fix | None:
        """Move the one side to the other where they meet."""
        clash = case.event
        device = device_at_hand(case, clash.left.node, clash.right)
        return unsafe(moved(case, clash.left.node, device)) if device else None
