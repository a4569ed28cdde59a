"""XDV301."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.events import MethodCall
from devlint.flow.lattice import Where
from devlint.flow.values import Instance, Module, Tensor, Text, Value
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import tensor_at_hand, unsafe, use_device
from devlint.rules.support import is_call_of, is_for_cuda, is_literal, root_of
from devlint.rules.triggers import CUDA_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.arguments import Arguments
    from devlint.flow.events import ApiCall
    from devlint.flow.frame import Frame
    from devlint.rules.base import Case


class HardCodedCuda(Rule):
    """ "cuda" is written into the code

    ## What it does
    Finds `.cuda()`, `.to("cuda")`, `device="cuda"` and `torch.device("cuda")` in code that does not ask first whether
    CUDA is there.

    ## Why is this bad
    The code stops on every machine without an NVIDIA GPU ("Torch not compiled with CUDA enabled") and on other
    accelerators. In a library it is wrong on machines with several GPUs, too: the tensor goes to the *current* GPU,
    not to the one where the caller's tensors are.

    ## Example
    ```python
    import torch


    def mask_of(x: torch.Tensor) -> torch.Tensor:
        return torch.ones(x.shape[0]).cuda()
    ```

    ## Use instead
    ```python
    import torch


    def mask_of(x: torch.Tensor) -> torch.Tensor:
        return torch.ones(x.shape[0], device=x.device)
    ```

    ## Known problems
    Code about CUDA is not flagged: tests, files, classes and functions named after CUDA, kernels or benchmarks,
    processes that talk over `torch.distributed`, and files that import a library which needs CUDA. Other code that
    only ever runs on CUDA is: switch the rule off there with `per-file-ignores`. Defaults of parameters and of
    command-line options are not flagged.

    ## Fix safety
    Unsafe: the fix takes the device of a tensor that was passed in (`x.device`), which need not be the current CUDA
    device. There is none where no such tensor is at hand.

    ## References
    - [Device-agnostic code](https://pytorch.org/docs/stable/notes/cuda.html#device-agnostic-code)
    - [torch.accelerator](https://pytorch.org/docs/stable/accelerator.html)
    """

    meta = RuleMeta(
        "XDV301",
        "hard-coded-cuda",
        'an unguarded `.cuda()` or "cuda"',
        Severity.WARNING,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (CUDA_WORDS,)

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """`x.cuda()`, `x.to("cuda")`."""
        if event.name == "cuda" and type(event.receiver) in (Tensor, Module, Instance, Value):
            if event.arguments.positional and not _is_cuda_text(event.arguments.positional[0].value):
                return
            yield from self._report(event.node, event.frame, self._device_at_hand(event.frame))
        elif event.name == "to":
            given = event.arguments.get("device", 0)
            if given is not None and _is_cuda_text(given.value) and is_literal(given.node):
                yield from self._report(event.node, event.frame, self._device_at_hand(event.frame))
        else:
            yield from self._keyword(event.node, event.arguments, event.frame)

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """`torch.device("cuda")`, `torch.zeros(2, device="cuda")`."""
        if event.name == "torch.device":
            first = event.arguments.get("device", 0) or event.arguments.get("type", 0)
            index = event.arguments.get("index", 1)
            chosen = index is not None and not is_literal(index.node)
            if (
                first is not None
                and _is_cuda_text(first.value)
                and is_literal(first.node)
                and not chosen
                and not self._is_compared(event)
            ):
                yield from self._report(event.node, event.frame, None)
        elif event.name.startswith("torch.") and "autocast" not in event.name:
            yield from self._keyword(event.node, event.arguments, event.frame)

    def _is_compared(self, event: ApiCall) -> bool:
        """Only compared, or asked for its type."""
        text = re.escape(self.context.analysis.source_of(event.node))
        function = event.frame.function
        source = self.context.analysis.source_of(function.node) if function is not None else self.context.model.text
        return bool(re.search(rf"(?:[!=]=|\bin)\s*{text}|{text}\s*(?:\.type\b|[!=]=)", source))

    def _keyword(self, node: cst.CSTNode, arguments: Arguments, frame: Frame) -> Iterator[Report]:
        given = arguments.keywords.get("device")
        if given is not None and _is_cuda_text(given.value) and is_literal(given.node):
            yield from self._report(node, frame, self._device_at_hand(frame))

    def _report(self, node: cst.CSTNode, frame: Frame, hand: str | None) -> Iterator[Report]:
        if frame.asks_about_devices or (frame.function is not None and frame.function.name == "cuda"):
            return
        if is_for_cuda(self.context, frame):
            return
        call = is_call_of(node, frozenset({"cuda", "to"}))
        text = self.text(node) if call is None else f"{self.text(call.func.value)}.{call.func.attr.value}(...)"
        if hand is not None:
            message = f"`{text}` goes to the current CUDA device, whatever the device of `{hand}` is"
            tip = f"Take the device from what is at hand: `{hand}.device`."
        else:
            message = f"`{text}` needs CUDA, and nothing here asks whether it is there"
            tip = 'Choose the device once: `device = "cuda" if torch.cuda.is_available() else "cpu"`, and pass it on.'
        yield Report(node, message, (), tip)

    def _device_at_hand(self, frame: Frame) -> str | None:
        """A tensor parameter of the function from which the device can be taken."""
        for name, value in frame.state.env.items():
            if isinstance(value, Tensor) and value.sure and value.devices[0].where is Where.INPUT and "." not in name:
                return name
        return None

    def fix(self, case: Case) -> Fix | None:
        """Take the device from a tensor at hand, unless it is the very one that is moved."""
        event = case.event
        hand = tensor_at_hand(case, event.node)
        if (
            hand is None
            or _INDEXED.search(case.edit.source(event.node))
            or (isinstance(event, MethodCall) and root_of(event.receiver_node) in (hand, None))
        ):
            return None
        return unsafe((f"Use `{hand}.device`", use_device(case, f"{hand}.device")))


_INDEXED = re.compile(r"cuda:\d")
"""Somebody has chosen between several GPUs."""


def _is_cuda_text(value: Value) -> bool:
    return isinstance(value, Text) and bool(re.fullmatch(r"cuda(:\d+)?", value.constant or ""))
