"""XDV101."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.lattice import Where
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import company_at_hand, device_at_hand, give_device, is_tensor_at, safe, unsafe
from devlint.rules.support import (
    is_created_without_device,
    is_host_beside_default,
    name_of_other_side,
    notes_of,
    phrase_of,
)
from devlint.rules.triggers import FACTORY_CALLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.findings import Fix
    from devlint.flow.events import Clash
    from devlint.rules.base import Case


class TensorOnDefaultDevice(Rule):
    """A new tensor is left on the default device and meets tensors that may be elsewhere

    ## What it does
    Finds tensors that a factory such as `torch.zeros` makes without `device=` and that then, in the same function, meet
    an input, a parameter of the module or a tensor on a chosen device in an operation that wants one device.

    ## Why is this bad
    Without `device=` a tensor is made on the default device, which is the CPU. On a machine without a GPU the code
    works; as soon as the inputs are on a GPU it stops with "Expected all tensors to be on the same device".

    ## Example
    ```python
    import torch


    def add_noise(x: torch.Tensor) -> torch.Tensor:
        noise = torch.randn(x.shape)
        return x + noise
    ```

    ## Use instead
    ```python
    import torch


    def add_noise(x: torch.Tensor) -> torch.Tensor:
        noise = torch.randn(x.shape, device=x.device)
        return x + noise
    ```

    ## Known problems
    A public function that is only ever called with CPU tensors is flagged all the same if nothing in it says so.
    Nothing is said of private helpers that the file itself hands no inputs, of tests, and of folders that prepare
    data. Tensors of 0 dimensions are let through where PyTorch lets them through.

    ## Fix safety
    Safe: the tensor is made on the device of what it meets, without which the operation fails. There is a fix where
    that device is at hand (`device=x.device`) in the function that makes the tensor. Unsafe where the tensor is
    handed on and meets others elsewhere: it then gets the device of a parameter whose sizes or dtype it has.

    ## References
    - [Tensor attributes: torch.device](https://pytorch.org/docs/stable/tensor_attributes.html#torch.device)
    - [CUDA semantics](https://pytorch.org/docs/stable/notes/cuda.html)
    """

    meta = RuleMeta(
        "XDV101",
        "tensor-on-default-device",
        "a tensor made without `device=` that meets tensors of another device",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = FACTORY_CALLS

    def on_clash(self, clash: Clash) -> Iterator[Report]:
        """A side that was created without a device."""
        left = clash.left
        origin = left.device.origin
        if clash.how in ("index", "host-argument", "loss-weight", "left-behind") or not is_created_without_device(
            left.device
        ):
            return
        if origin is None or is_host_beside_default(clash):
            return
        if origin.attribute is not None and not _is_of_no_module(clash):
            return
        other = self.text(clash.right.node)
        yield Report(
            origin.node,
            f"`{self.text(origin.node)}` is made on the default device and {phrase_of(clash)} `{other}`, "
            f"which is on {name_of_other_side(clash)}",
            notes_of(self, clash),
            self._tip(clash, other),
        )

    def _tip(self, clash: Clash, other: str) -> str:
        right = clash.right.device
        if right.where is Where.INPUT:
            return f"Pass `device={right.name}.device`, or make it with `torch.*_like` / `{right.name}.new_*`."
        if right.where is Where.LITERAL:
            return f'Pass `device="{right.name}"`, or better the device of a tensor at hand.'
        if right.where is Where.VARIABLE:
            return f"Pass `device={right.name}`."
        return "Pass `device=` with the device of an input or of a parameter of the module."

    def fix(self, case: Case) -> Fix | None:
        """Make it where the other side is, or what it was made to fit, if that is at hand where it is made."""
        node, like = case.node, case.event.left.device.origin.like
        device = device_at_hand(case, node, case.event.right)
        company = next((path for path in sorted(like) if is_tensor_at(case, node, path)), None)
        if device or company:
            return safe(give_device(case, node, device or f"{company}.device"))
        company = company_at_hand(case, node, like | {case.event.right.device.name})
        return unsafe(give_device(case, node, f"{company}.device")) if company else None


def _is_of_no_module(clash: Clash) -> bool:
    """An attribute of an object that is no module, whose method goes to where its inputs are."""
    return clash.right.device.is_sought and clash.frame.cls is not None and not clash.frame.in_module
