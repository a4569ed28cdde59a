"""XDV106."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.events import ApiCall, Operand
from devlint.flow.lattice import Where
from devlint.flow.legality import may_meet
from devlint.flow.values import Tensor, Thing
from devlint.rules.base import Report, Rule, story
from devlint.rules.fixing import device_at_hand, safe
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.arguments import Arguments
    from devlint.flow.events import MethodCall
    from devlint.flow.values import Value
    from devlint.rules.base import Case


class GeneratorDeviceMismatch(Rule):
    """A random generator of one device is used for tensors of another

    ## What it does
    Finds a `torch.Generator()` that is passed to a function which draws a tensor on another device.

    ## Why is this bad
    A generator belongs to a device, the CPU unless told otherwise. A mismatch stops with "Expected a 'cuda' device
    type for generator but found 'cpu'".

    ## Example
    ```python
    import torch


    def sample(device: torch.device) -> torch.Tensor:
        generator = torch.Generator().manual_seed(0)
        return torch.randn(4, generator=generator, device="cuda")
    ```

    ## Use instead
    ```python
    import torch


    def sample(device: torch.device) -> torch.Tensor:
        generator = torch.Generator(device).manual_seed(0)
        return torch.randn(4, generator=generator, device=device)
    ```

    ## Known problems
    A generator that is passed in is not judged.

    ## Fix safety
    Safe: with the two on different devices, drawing fails. There is a fix for a `torch.Generator()` without
    arguments, where the device of the tensor is at hand.

    ## References
    - [torch.Generator](https://pytorch.org/docs/stable/generated/torch.Generator.html)
    """

    meta = RuleMeta(
        "XDV106",
        "generator-device-mismatch",
        "a random generator of another device than the tensor it draws",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (Trigger(frozenset({"Generator"})),)

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """`torch.randn(..., generator=g, device=d)`."""
        yield from self._judge(event.node, event.arguments, event.result)

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """`x.normal_(generator=g)`."""
        if event.name.endswith("_"):
            yield from self._judge(event.node, event.arguments, event.receiver)

    def _judge(self, node: cst.CSTNode, arguments: Arguments, drawn: Value) -> Iterator[Report]:
        given = arguments.keywords.get("generator")
        if given is None or not isinstance(given.value, Thing) or given.value.kind != "generator":
            return
        device = given.value.device
        if not isinstance(drawn, Tensor) or device.origin is None or len(drawn.devices) != 1:
            return
        target = drawn.devices[0]
        if may_meet(device, target) or may_meet(target, device):
            return
        yield Report(
            given.node,
            f"`{self.text(given.node)}` is a generator of `{device.name}`, and the tensor is drawn on `{target.name}`",
            tuple(story(device.origin, target.origin)),
            f"Make the generator there: `torch.Generator(device=...)`, or draw on `{device.name}` and move the result.",
            given=target,
        )

    def fix(self, case: Case) -> Fix | None:
        """Make the generator where the tensor is drawn."""
        import libcst as cst

        given = case.event.arguments.keywords["generator"]
        made = given.value.device.origin.node
        drawn = case.event.result if isinstance(case.event, ApiCall) else case.event.receiver
        if not isinstance(made, cst.Call) or made.args or not isinstance(drawn, Tensor):
            return None
        target = drawn.devices[0]
        device = device_at_hand(case, made, Operand(drawn, given.node, target))
        if target.where is Where.LITERAL:
            device = f'"{target.name}"'
        if device is None:
            return None
        return safe((f"Make a generator of `{device}`", (case.edit.insert_argument(made, device),)))
