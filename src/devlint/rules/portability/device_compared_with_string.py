"""XDV304."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.values import DeviceValue, Sequence, Text
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import safe, unsafe
from devlint.rules.support import is_device_like, is_literal
from devlint.rules.triggers import DEVICE_COMPARISONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.events import Compared
    from devlint.flow.values import Value
    from devlint.rules.base import Case


class DeviceComparedWithString(Rule):
    """A torch.device is compared with a string

    ## What it does
    Finds `x.device == "cuda"` and its like, where one side is a `torch.device`.

    ## Why is this bad
    A `torch.device` never equals a string: the comparison is always false, and the branch behind it is never taken.
    `"cuda" in x.device` raises a TypeError.

    ## Example
    ```python
    import torch


    def on_gpu(x: torch.Tensor) -> bool:
        return x.device == "cuda"
    ```

    ## Use instead
    ```python
    import torch


    def on_gpu(x: torch.Tensor) -> bool:
        return x.device.type == "cuda"
    ```

    ## Known problems
    A variable that may hold a string or a device is not judged.

    ## Fix safety
    Unsafe: the comparison can now be true, and what depends on it is run for the first time. Safe for `"cuda" in
    x.device`, which raises.

    ## References
    - [pytorch#153418](https://github.com/pytorch/pytorch/issues/153418)
    """

    meta = RuleMeta(
        "XDV304",
        "device-compared-with-string",
        "a torch.device compared with a string",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = DEVICE_COMPARISONS

    def on_compared(self, event: Compared) -> Iterator[Report]:
        """A device object on one side, a string on the other."""
        for device, device_node, text, text_node in (
            (event.left, event.left_node, event.right, event.right_node),
            (event.right, event.right_node, event.left, event.left_node),
        ):
            if not isinstance(device, DeviceValue) or not device.is_object:
                continue
            if not _names_devices(text, text_node):
                continue
            name = self.text(device_node)
            outcome = (
                "raises a TypeError"
                if event.operator in ("in", "not in") and device is event.right
                else ("is always true" if event.operator in ("!=", "not in") else "is always false")
            )
            yield Report(
                event.node,
                f"`{name}` is a torch.device, which never equals a string: `{self.text(event.node)}` {outcome}",
                (),
                f"Compare the type: `{name}.type`.",
            )
            return

    def fix(self, case: Case) -> Fix | None:
        """Compare the type with a bare type, and what the device is called with a name that has an index."""
        event = case.event
        device_first = isinstance(event.left, DeviceValue) and event.left.is_object
        device, text = (event.left_node, event.right_node) if device_first else (event.right_node, event.left_node)
        if ":" not in self.text(text):
            rated = unsafe if device_first or event.operator not in ("in", "not in") else safe
            return rated((f"Compare `{self.text(device)}.type`", case.edit.append_call(device, ".type")))
        return unsafe((f"Compare `str({self.text(device)})`", case.edit.wrap(device, "str(", ")")))


def _names_devices(value: Value, node: cst.BaseExpression) -> bool:
    """A device string written there, or a list or tuple of such."""
    if isinstance(value, Text):
        return is_literal(node) and is_device_like(value.constant or "")
    if isinstance(value, Sequence) and value.items:
        return all(isinstance(item, Text) and is_device_like(item.constant or "") for item in value.items)
    return False
