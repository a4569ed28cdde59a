"""XDV306."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.values import Number, Text
from devlint.model.torchapi import FACTORIES, LEGACY_CUDA
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import spelling_of, tensor_at_hand, unsafe
from devlint.rules.support import is_for_cuda
from devlint.rules.triggers import LEGACY_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.findings import Fix
    from devlint.flow.arguments import Arguments
    from devlint.flow.events import ApiCall
    from devlint.rules.base import Case


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

    ## Fix safety
    Unsafe: the new call makes what the old one made, but on a device that was passed in. There is a fix for a list
    of numbers and for sizes, where a device is given or a tensor is at hand.

    ## References
    - [torch.Tensor](https://pytorch.org/docs/stable/tensors.html)
    """

    meta = RuleMeta(
        "XDV306",
        "legacy-tensor-type",
        "a legacy constructor that fixes the device",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = LEGACY_TYPES

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """The constructor is called."""
        if event.name in LEGACY_CUDA:
            if not event.frame.asks_about_devices and not is_for_cuda(self.context, event.frame):
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

    def fix(self, case: Case) -> Fix | None:
        """`torch.tensor` for a list of numbers, `torch.empty` for sizes, with the dtype of the old type."""
        event = case.event
        torch, given = spelling_of(case.context, "torch"), event.arguments.keywords.get("device")
        hand = tensor_at_hand(case, event.node) if given is None else None
        maker = _maker(event.arguments)
        if torch is None or maker is None or (given is None and hand is None):
            return None
        dtype = _DTYPES.get(event.name.rpartition(".")[2].removesuffix("Tensor"), "get_default_dtype()")
        device = "" if given is not None else f", device={hand}.device"
        added = case.edit.add_keyword(event.node, "dtype", f"{torch}.{dtype}{device}")
        if added is None:
            return None
        new = f"{torch}.{maker}"
        return unsafe((f"Use `{new}`", (case.edit.replace(event.node.func, new), *added)))


_DTYPES = {
    "Float": "float32", "Double": "float64", "Half": "float16", "BFloat16": "bfloat16", "Long": "int64", "Int": "int32",
    "Short": "int16", "Char": "int8", "Byte": "uint8", "Bool": "bool",
}  # fmt: skip


def _maker(arguments: Arguments) -> str | None:
    """Which function takes the same positional arguments: data in brackets, or sizes."""
    given = arguments.positional
    if len(given) == 1 and type(given[0].node).__name__ in ("List", "ListComp"):
        return "tensor"
    return "empty" if given and all(isinstance(each.value, Number) for each in given) else None
