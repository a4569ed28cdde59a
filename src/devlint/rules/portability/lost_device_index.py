"""XDV308."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.values import Instance, Module, Text
from devlint.model.domain import is_test
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import unsafe, use_device
from devlint.rules.triggers import DEVICE_COMPARISONS
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.findings import Fix
    from devlint.flow.events import MethodCall
    from devlint.rules.base import Case


class LostDeviceIndex(Rule):
    """The index of a GPU gets lost

    ## What it does
    Finds `.cuda()` or `"cuda"` behind `x.is_cuda` or `x.device.type == "cuda"`, where `x.device` itself is at hand.

    ## Why is this bad
    The answer "it is on CUDA" forgets on which GPU: the new tensor goes to the current one. With two GPUs the code
    fails for everything that is not on the first.

    ## Example
    ```python
    import torch


    def mask_like(x: torch.Tensor) -> torch.Tensor:
        mask = torch.ones(x.shape[0])
        if x.is_cuda:
            mask = mask.cuda()
        return mask
    ```

    ## Use instead
    ```python
    import torch


    def mask_like(x: torch.Tensor) -> torch.Tensor:
        return torch.ones(x.shape[0], device=x.device)
    ```

    ## Known problems
    None known.

    ## Fix safety
    Unsafe: on a machine with several GPUs the tensor may go to another one than before.

    ## References
    - [torch.Tensor.is_cuda](https://pytorch.org/docs/stable/generated/torch.Tensor.is_cuda.html)
    """

    meta = RuleMeta(
        "XDV308",
        "lost-device-index",
        "a device rebuilt from its type, without the index",
        Severity.WARNING,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (Trigger(frozenset({"is_cuda"})), *DEVICE_COMPARISONS)

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """`.cuda()` or `.to("cuda")` where a tensor's own device was asked."""
        asked = next((tag for tag in event.frame.state.guards if tag.startswith("is_cuda:")), None)
        if asked is None:
            return
        given = event.arguments.get("device", 0)
        plain = event.name == "cuda" and given is None
        named = (
            event.name == "to"
            and given is not None
            and isinstance(given.value, Text)
            and given.value.constant == "cuda"
        )
        name = asked.partition(":")[2]
        if isinstance(event.frame.look_up(name), (Module, Instance)) or is_test(self.context.model.path):
            return  # `is_cuda` of a module is an attribute of the user's
        if (plain or named) and self.text(event.receiver_node) != name:
            yield Report(
                event.node,
                f"`{self.text(event.node)}` goes to the current GPU, which need not be the one `{name}` is on",
                (),
                f"Use `{name}.device`.",
            )

    def fix(self, case: Case) -> Fix | None:
        """Use the device itself."""
        name = next(tag for tag in sorted(case.state.guards) if tag.startswith("is_cuda:")).partition(":")[2]
        return unsafe((f"Use `{name}.device`", use_device(case, f"{name}.device")))
