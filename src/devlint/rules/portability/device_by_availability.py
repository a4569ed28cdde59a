"""XDV315."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.values import DeviceValue, Tensor, Text
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import qualified_name, tensor_at_hand, unsafe, use_device
from devlint.rules.support import is_for_cuda
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.events import Chosen, MethodCall
    from devlint.flow.frame import Frame
    from devlint.flow.values import Value
    from devlint.rules.base import Case

_MOVES_ITSELF = re.compile(r"\bself\.(?:cuda|to)\(")
_AVAILABLE = frozenset(f"torch.{name}.is_available" for name in ("cuda", "xpu", "mps", "backends.mps", "accelerator"))


class DeviceByAvailability(Rule):
    """A module computes where the machine could, not where it is

    ## What it does
    Finds `if torch.cuda.is_available(): x = x.cuda()` in the methods of a module, and `"cuda" if
    torch.cuda.is_available() else "cpu"` in `forward` and what that calls.

    ## Why is this bad
    Whether the machine has a GPU says nothing of where this module is. With the module on the CPU of such a machine, or
    on its second GPU, the tensor goes to the first GPU, and the next operation fails: `Expected all tensors to be on
    the same device`.

    ## Example
    ```python
    import torch
    from torch import nn


    class Noise(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            noise = torch.randn(x.shape)
            if torch.cuda.is_available():
                noise = noise.cuda()
            return x + noise
    ```

    ## Use instead
    ```python
    import torch
    from torch import nn


    class Noise(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + torch.randn(x.shape, device=x.device)
    ```

    ## Known problems
    A flag that holds the answer (`self.use_cuda`) is not followed.

    ## Fix safety
    Unsafe: the tensor goes to where an input is, which is meant, and need not be where it went.

    ## References
    - [Device-agnostic code](https://pytorch.org/docs/stable/notes/cuda.html#device-agnostic-code)
    """

    meta = RuleMeta(
        "XDV315",
        "device-by-availability",
        "a module that computes on the GPU because there is one, wherever the module itself is",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (Trigger(frozenset({"is_available"})),)

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """`x.cuda()` or `x.to("cuda")` where all that was asked is whether CUDA is there."""
        frame = event.frame
        if "available" not in frame.state.guards or not self._is_elsewhere(frame):
            return
        given = event.arguments.get("device", 0)
        plain = event.name == "cuda" and given is None
        if isinstance(event.receiver, Tensor) and (
            plain or (event.name == "to" and given is not None and _is_cuda(given.value))
        ):
            yield self._report(event.node, f"`{self.text(event.node)}` goes to the current GPU")

    def on_chosen(self, event: Chosen) -> Iterator[Report]:
        """A device for CUDA if it is there, else the CPU."""
        test = event.node.test
        if not hasattr(test, "func") or qualified_name(self.context, test.func) not in _AVAILABLE:
            return
        function = event.frame.function
        computes = function is not None and event.frame.unit.model.computes(function)
        if _is_cuda(event.left) and computes and self._is_elsewhere(event.frame):
            yield self._report(event.node, f"`{self.text(event.node)}` takes the GPU")

    def _is_elsewhere(self, frame: Frame) -> bool:
        """In a method of a module that may have been moved, and that does not move itself to where CUDA is."""
        if frame.cls is None or not frame.in_module or frame.sets_up or is_for_cuda(self.context, frame):
            return False
        return not (frame.cls.moves_itself or _MOVES_ITSELF.search(self.context.analysis.source_of(frame.cls.node)))

    def _report(self, node: cst.CSTNode, what: str) -> Report:
        message = f"{what} because the machine has one, wherever the module and its inputs are"
        return Report(node, message, (), "Take the device of an input: `x.device`.")

    def fix(self, case: Case) -> Fix | None:
        """Move it to where a tensor at hand is."""
        hand = tensor_at_hand(case, case.event.node)
        if hand is None or type(case.event).__name__ != "MethodCall":
            return None
        return unsafe((f"Use `{hand}.device`", use_device(case, f"{hand}.device")))


def _is_cuda(value: Value) -> bool:
    if isinstance(value, DeviceValue):
        return value.is_object and value.device.name.startswith("cuda")
    return isinstance(value, Text) and (value.constant or "").startswith("cuda")
