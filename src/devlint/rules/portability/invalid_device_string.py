"""XDV303."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.devices import is_device_string
from devlint.flow.values import Module, Tensor, Text
from devlint.model.torchapi import FACTORIES, PLUGIN_DEVICE_TYPES
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import safe, spelling_of, unsafe
from devlint.rules.support import is_literal
from devlint.rules.triggers import DEVICE_STRINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.findings import Fix
    from devlint.flow.arguments import Argument
    from devlint.flow.events import ApiCall, MethodCall
    from devlint.rules.base import Case


class InvalidDeviceString(Rule):
    """A device string is not valid

    ## What it does
    Finds strings such as `"gpu"`, `"CUDA"`, `"cuda0"` or `"cuda: 0"` where PyTorch expects a device.

    ## Why is this bad
    PyTorch knows a fixed list of device types, in small letters, with an optional `:index`. Anything else stops with
    "Expected one of cpu, cuda, ... device type at start of device string".

    ## Example
    ```python
    import torch


    def zeros():
        return torch.zeros(3, device="gpu")
    ```

    ## Use instead
    ```python
    import torch


    def zeros():
        return torch.zeros(3, device="cuda" if torch.cuda.is_available() else "cpu")
    ```

    ## Known problems
    Device types that a backend package registers must be declared in the setting `device-types` (`npu` and its like are
    known).

    ## Fix safety
    Safe where the string is a device with a slip in it (`"CUDA"`, `"cuda: 0"`): with it, the code only raises.
    Unsafe for `"gpu"`, which need not mean CUDA.

    ## References
    - [torch.device](https://pytorch.org/docs/stable/tensor_attributes.html#torch.device)
    """

    meta = RuleMeta(
        "XDV303",
        "invalid-device-string",
        "a string that is no device",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (DEVICE_STRINGS,)

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """`torch.device("gpu")`, `torch.zeros(2, device="gpu")`."""
        if event.name == "torch.device":
            given = event.arguments.get("device", 0) or event.arguments.get("type", 0)
        elif event.name in FACTORIES:
            given = event.arguments.keywords.get("device")
        else:
            return
        if given is not None:
            yield from self._judge(given)

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """`x.to("gpu")` of a tensor or module."""
        if event.name == "to" and isinstance(event.receiver, (Tensor, Module)):
            given = event.arguments.get("device", 0)
            if given is not None and (isinstance(event.receiver, Module) or event.receiver.sure):
                yield from self._judge(given)

    def _judge(self, given: Argument) -> Iterator[Report]:
        value = given.value
        if not isinstance(value, Text) or value.constant is None or not is_literal(given.node):
            return
        if is_device_string(value.constant, self.context.settings.device_types | PLUGIN_DEVICE_TYPES):
            return
        yield Report(
            given.node,
            f"`{value.constant!r}` is not a device that PyTorch knows",
            (),
            _suggestion(value.constant),
        )

    def fix(self, case: Case) -> Fix | None:
        """Write the nearest device string; CUDA only where it is there, unless somebody has asked already."""
        value = case.node.evaluated_value
        nearest = _nearest(value)
        if nearest is None:
            return None
        new = f'"{nearest}"'
        if nearest.startswith("cuda") and not case.state.guards & {"device", "device-past"}:
            torch = spelling_of(case.context, "torch")
            if torch is None:
                return None
            new = f'{new} if {torch}.cuda.is_available() else "cpu"'
        rated = unsafe if "gpu" in value.lower() else safe
        return rated((f"Write `{new}`", (case.edit.replace(case.node, new),)))


def _suggestion(text: str) -> str:
    nearest = _nearest(text)
    if nearest is None:
        return "Write `cpu`, `cuda`, `cuda:1`, `mps` ..., or declare the type in the setting `device-types`."
    return f'Write `"{nearest}"`.'


def _nearest(text: str) -> str | None:
    """The device string that is meant, if that is clear."""
    match = re.fullmatch(r"(cuda|gpu|cpu|mps|xpu):?(\d*)", text.strip().lower().replace(" ", ""))
    if match is None:
        return None
    kind = "cuda" if match[1] == "gpu" else match[1]
    return f"{kind}:{int(match[2])}" if match[2] else kind
