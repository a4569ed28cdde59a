"""XDV703."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.values import Function, Tensor
from devlint.model.torchapi.streams import READING_FUNCTIONS, READS_ON_THE_HOST, WAITS
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import safe
from devlint.rules.support import constant_of
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.events import ApiCall, Event, LocalCall, MethodCall, ScopeDone, Tested
    from devlint.flow.frame import Frame
    from devlint.flow.values import Value
    from devlint.rules.base import Case, Context


class AsyncCopyReadEarly(Rule):
    """A copy to the CPU is read before it is there

    ## What it does
    Finds `x.to("cpu", non_blocking=True)` whose result is read (`.numpy()`, `.item()`, `float()`, a condition ...) with
    no synchronisation in between.

    ## Why is this bad
    The copy runs in the background, and nothing makes the CPU wait for it: unlike a CUDA kernel, Python code does not
    queue up behind it. What is read may be the memory's old content, silently.

    ## Example
    ```python
    import torch


    def scores(x: torch.Tensor):
        host = x.to("cpu", non_blocking=True)
        return host.numpy()
    ```

    ## Use instead
    ```python
    import torch


    def scores(x: torch.Tensor):
        host = x.to("cpu")
        return host.numpy()
    ```

    ## Known problems
    What a called function reads is not seen, and any call whose name speaks of waiting counts as synchronisation.

    ## Fix safety
    Safe: the copy is complete when the call returns.

    ## References
    - [A guide on good usage of non_blocking and pin_memory](https://pytorch.org/tutorials/intermediate/pinmem_nonblock.html)
    """

    meta = RuleMeta(
        "XDV703",
        "async-copy-read-early",
        "a non-blocking copy to the CPU that is read without waiting for it",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.ALWAYS,
    )
    triggers = (Trigger(frozenset({"non_blocking"}), after=r"\s*=", travels=True),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._running: dict[Frame, set[cst.CSTNode]] = {}
        """The copies that each function has started and not waited for."""

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """A copy is started, waited for, or read."""
        if event.name in WAITS:
            self._running.pop(event.frame, None)
        elif event.name == "to" and _is_background_copy(event):
            self._running.setdefault(event.frame, set()).add(event.node)
        elif event.name in READS_ON_THE_HOST:
            yield from self._read(event, event.receiver, f"`.{event.name}()`")

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """`torch.cuda.synchronize()`, `float(host)`, `np.asarray(host)`."""
        if event.name.rpartition(".")[2] in WAITS:
            self._running.pop(event.frame, None)
        elif event.name in READING_FUNCTIONS and event.arguments.positional:
            yield from self._read(event, event.arguments.positional[0].value, f"`{event.name.rpartition('.')[2]}`")

    def on_tested(self, event: Tested) -> Iterator[Report]:
        """`if host:`."""
        yield from self._read(event, event.value, "this condition")

    def on_local_call(self, event: LocalCall) -> None:
        """A function of the file may wait."""
        callee = event.callee
        if event.frame in self._running and isinstance(callee, Function):
            source = self.context.analysis.source_of(callee.model.node)
            if any(word in source for word in WAITS):
                self._running.pop(event.frame, None)

    def on_scope_done(self, event: ScopeDone) -> None:
        """The function is done."""
        self._running.pop(event.frame, None)

    def _read(self, event: Event, value: Value, reader: str) -> Iterator[Report]:
        running = self._running.get(event.frame)
        if not running or not isinstance(value, Tensor):
            return
        origin = value.devices[0].origin if len(value.devices) == 1 else None
        if origin is None or origin.node not in running:
            return
        yield Report(
            origin.node,
            f"{reader} reads this copy on the CPU, and nothing waits for it to arrive",
            ((event.node, "read here"),),
            "Leave `non_blocking=True` out, or synchronise before the copy is read.",
        )

    def fix(self, case: Case) -> Fix | None:
        """Drop the flag."""
        arguments = case.node.args
        index = next((i for i, each in enumerate(arguments) if _keyword(each) == "non_blocking"), None)
        if index is None:
            return None
        if index == 0:
            return safe(("Make the copy block", (case.edit.replace(arguments[0].value, "False"),)))
        dropped = case.edit.delete_after(arguments[index - 1].value, arguments[index])
        return safe(("Drop `non_blocking=True`", (dropped,)))


def _keyword(argument: cst.Arg) -> str | None:
    return argument.keyword.value if argument.keyword is not None else None


def _is_background_copy(event: MethodCall) -> bool:
    """`x.to("cpu", non_blocking=True)`, where `x` is not on the CPU already."""
    receiver, result = event.receiver, event.result
    if constant_of(event.arguments.keywords.get("non_blocking")) != 1:
        return False
    if not isinstance(receiver, Tensor) or not isinstance(result, Tensor):
        return False
    on_the_cpu = all(device.is_cpu_memory for device in result.devices)
    return on_the_cpu and not all(device.is_cpu_memory for device in receiver.devices)
