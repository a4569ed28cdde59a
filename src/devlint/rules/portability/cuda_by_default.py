"""XDV310."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.devices import names_a_device
from devlint.flow.values import DeviceValue, Text
from devlint.model.torchapi import ACCELERATOR_TYPES
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import qualified_name
from devlint.rules.support import is_for_cuda, is_literal
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.flow.arguments import Arguments
    from devlint.flow.events import ApiCall, Defined, MethodCall
    from devlint.flow.frame import Frame
    from devlint.flow.values import Value

_OPTIONS = re.compile(r"^--?(device|gpu)\b|device$")


class CudaByDefault(Rule):
    """The default of a parameter or of an option is "cuda"

    ## What it does
    Finds `def f(..., device="cuda")` and `parser.add_argument("--device", default="cuda")`.

    ## Why is this bad
    Who calls the function without a device, or starts the program as its help shows it, gets an error on every machine
    without CUDA, and never the accelerator that is there (MPS, XPU). A default should work wherever the code does.

    ## Example
    ```python
    import torch


    def grid(n: int, device: str = "cuda") -> torch.Tensor:
        return torch.arange(n, device=device)
    ```

    ## Use instead
    ```python
    import torch


    def grid(n: int, device: str | None = None) -> torch.Tensor:
        return torch.arange(n, device=device)
    ```

    ## Known problems
    Code that is about CUDA is not flagged (see [hard-coded-cuda](hard-coded-cuda.md)), nor are the fields of a
    dataclass, and what asks itself whether CUDA is there.

    ## References
    - [torch.set_default_device](https://pytorch.org/docs/stable/generated/torch.set_default_device.html)
    - [torch.accelerator](https://pytorch.org/docs/stable/accelerator.html)
    """

    meta = RuleMeta(
        "XDV310",
        "cuda-by-default",
        'a parameter or a command-line option whose default is "cuda"',
        Severity.WARNING,
        Confidence.MEDIUM,
        pedantic=True,
    )
    triggers = (Trigger(ACCELERATOR_TYPES, before=r"[\"']", after=r"(?::\d+)?[\"']"),)

    def on_defined(self, event: Defined) -> Iterator[Report]:
        """The defaults of a function's parameters."""
        if is_for_cuda(self.context, event.frame) or self._is_looked_after(event):
            return
        for parameter in event.function.parameters:
            if parameter.default is not None and names_a_device(parameter.name):
                kind = self._named(parameter.default, event.frame)
                if kind is not None:
                    message = f"`{parameter.name}` is `{kind}` unless the caller says otherwise"
                    yield Report(
                        parameter.node, message, (), "Let it be None: the default device, or that of an input."
                    )

    def _is_looked_after(self, event: Defined) -> bool:
        """The function, or its class, asks itself what is there."""
        cls = event.frame.cls
        return "is_available(" in self.context.analysis.source_of(event.node if cls is None else cls.node)

    def _named(self, node: cst.BaseExpression, frame: Frame) -> str | None:
        """The accelerator that a string names, or `torch.device` of one."""
        args = getattr(node, "args", ())
        if args and qualified_name(self.context, cast("cst.Call", node).func) == "torch.device":
            node = args[0].value
        return _accelerator(frame.evaluate(node)) if is_literal(node) else None

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """`parser.add_argument("--device", default="cuda")`."""
        if event.name in ("add_argument", "add_option"):
            yield from self._option(event.node, event.arguments, event.frame)

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """`@click.option("--device", default="cuda")`."""
        if event.name.rpartition(".")[2] in ("option", "Option", "add_argument"):
            yield from self._option(event.node, event.arguments, event.frame)

    def _option(self, node: cst.CSTNode, arguments: Arguments, frame: Frame) -> Iterator[Report]:
        names = [each.value.constant for each in arguments.positional if isinstance(each.value, Text)]
        default = arguments.keywords.get("default")
        name = next((name for name in names if name and _OPTIONS.search(name)), None)
        if default is None or name is None or is_for_cuda(self.context, frame):
            return
        kind = _accelerator(default.value)
        if kind is not None:
            tip = 'Choose the default: `"cuda" if torch.cuda.is_available() else "cpu"`.'
            yield Report(default.node, f"`{name}` is `{kind}` unless the user says otherwise", (), tip)


def _accelerator(value: Value) -> str | None:
    """The accelerator that a string or device names."""
    if isinstance(value, DeviceValue) and value.device.is_accelerator:
        return value.device.name
    name = value.constant or "" if isinstance(value, Text) else ""
    return name if name.partition(":")[0] in ACCELERATOR_TYPES else None
