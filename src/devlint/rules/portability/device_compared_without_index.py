"""XDV311."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.lattice import Where
from devlint.flow.values import DeviceValue, Tensor
from devlint.model.torchapi import ACCELERATOR_TYPES
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import unsafe
from devlint.rules.support import needs_to_be_tensor
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeGuard

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.events import Compared
    from devlint.flow.values import Value
    from devlint.rules.base import Case


class DeviceComparedWithoutIndex(Rule):
    """The device of a tensor is compared with a device that has no index

    ## What it does
    Finds `x.device == torch.device("cuda")` and its like, for all accelerators.

    ## Why is this bad
    The device of a tensor always says which one it is: `cuda:0`. `torch.device("cuda")` means *the current one* and has
    no index, so that the two are never equal, and the branch behind the comparison is never taken.

    ## Example
    ```python
    import torch


    def on_accelerator(x: torch.Tensor) -> bool:
        return x.device == torch.device("cuda")
    ```

    ## Use instead
    ```python
    import torch


    def on_accelerator(x: torch.Tensor) -> bool:
        return x.device.type == "cuda"
    ```

    ## Known problems
    Two variables that hold devices are not judged: the index may be missing on both sides.

    ## Fix safety
    Unsafe: the comparison can now be true, and what depends on it is run for the first time.

    ## References
    - [torch.device](https://pytorch.org/docs/stable/tensor_attributes.html#torch.device)
    - [pytorch#115405](https://github.com/pytorch/pytorch/issues/115405)
    """

    meta = RuleMeta(
        "XDV311",
        "device-compared-without-index",
        "a tensor's device compared with a torch.device that has no index",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (Trigger(frozenset({"device"}), instead=r"\bdevice\s*(?:==|!=)|(?:==|!=)[^\n]*\bdevice\b"),)

    def on_compared(self, event: Compared) -> Iterator[Report]:
        """A tensor's device on one side, a device of a bare type on the other."""
        for of_tensor, node, bare in (
            (event.left, event.left_node, event.right),
            (event.right, event.right_node, event.left),
        ):
            needs = _needs(of_tensor, node, event)
            if event.operator in ("==", "!=") and needs is not None and _has_no_index(bare):
                outcome = "never" if event.operator == "==" else "always"
                name = bare.device.name
                yield Report(
                    event.node,
                    f"`{self.text(node)}` has an index (`{name}:0`), so `{self.text(event.node)}` is {outcome} true",
                    (),
                    f'Compare the types: `{self.text(node)}.type {event.operator} "{name}"`.',
                    needs,
                )
                return

    def fix(self, case: Case) -> Fix | None:
        """Compare the types."""
        event = case.event
        bare_first = not _has_no_index(event.right)
        device, bare = (event.right_node, event.left_node) if bare_first else (event.left_node, event.right_node)
        name = (event.left if bare_first else event.right).device.name
        if not hasattr(bare, "func"):
            return None
        replaced = case.edit.replace(bare, f'"{name}"')
        return unsafe(("Compare the types", (*case.edit.append_call(device, ".type"), replaced)))


def _needs(value: Value, node: cst.BaseExpression, event: Compared) -> frozenset[str] | None:
    """What must turn out to be a tensor, for `x.device` to be the device of one; None if that cannot show."""
    if not isinstance(value, DeviceValue) or type(node).__name__ != "Attribute":
        return None
    attribute = cast("cst.Attribute", node)
    if attribute.attr.value != "device":
        return None
    owner = event.frame.evaluate(attribute.value)
    return needs_to_be_tensor(owner, attribute.value, event.frame) if isinstance(owner, Tensor) else None


def _has_no_index(value: Value) -> TypeGuard[DeviceValue]:
    return (
        isinstance(value, DeviceValue)
        and value.is_object
        and value.device.where is Where.LITERAL
        and value.device.name in ACCELERATOR_TYPES
    )
