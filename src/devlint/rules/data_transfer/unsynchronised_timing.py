"""XDV709."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.lattice import Where
from devlint.flow.values import UNKNOWN, Module, Tensor, Thing
from devlint.model.torchapi import BACKWARD_METHODS, FACTORIES, SYNCHRONIZING_METHODS, operation_of_method
from devlint.model.torchapi.streams import CLOCKS, WAITS
from devlint.rules.base import Report, Rule
from devlint.rules.support import tensors_in
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import libcst as cst

    from devlint.flow.events import ApiCall, Combined, Event, LocalCall, MethodCall, ModuleCall, ScopeDone, Tested
    from devlint.flow.frame import Frame, Loop
    from devlint.flow.lattice import Device
    from devlint.flow.values import Value
    from devlint.rules.base import Context


@dataclass(slots=True)
class _Course:
    """What one function has done so far, by the number of the step."""

    step: int = 0
    clocks: dict[cst.CSTNode, tuple[int, Loop | None]] = field(default_factory=dict)
    """When a clock was read, and in which loop."""
    launched: tuple[int, cst.CSTNode] | None = None
    """The last work that was given to an accelerator, unless something has waited for it."""
    waited: int = 0
    perhaps_waited: int = 0
    """When something unknown was last called."""

    def next(self) -> int:
        self.step += 1
        return self.step

    def wait(self, surely: bool = True) -> None:
        self.launched, step = None, self.next()
        self.waited = step
        if not surely:
            self.perhaps_waited = step


class UnsynchronisedTiming(Rule):
    """Work of a GPU is timed without waiting for it

    ## What it does
    Finds differences of two readings of a clock with a module call or an operation on an accelerator in between, and
    nothing after it that waits for the accelerator.

    ## Why is this bad
    The call returns as soon as the work is queued. What is measured is the time to hand it over, which can be a hundred
    times too short.

    ## Example
    ```python
    import time

    import torch


    def seconds(model: torch.nn.Module, x: torch.Tensor, device: torch.device) -> float:
        model.to(device)
        start = time.perf_counter()
        model(x.to(device))
        return time.perf_counter() - start
    ```

    ## Use instead
    ```python
    import time

    import torch


    def seconds(model: torch.nn.Module, x: torch.Tensor, device: torch.device) -> float:
        model.to(device)
        start = time.perf_counter()
        model(x.to(device))
        torch.accelerator.synchronize()
        return time.perf_counter() - start
    ```

    ## Known problems
    Whatever may wait counts as waiting: a value read (`.item()`, `print(loss)`), a condition on a tensor, a call of
    something unknown that is given a tensor.

    ## References
    - [Asynchronous execution](https://pytorch.org/docs/stable/notes/cuda.html#asynchronous-execution)
    - [torch.utils.benchmark](https://pytorch.org/docs/stable/benchmark_utils.html)
    """

    meta = RuleMeta(
        "XDV709",
        "unsynchronised-timing",
        "a time measured around work of an accelerator that nothing waits for",
        Severity.WARNING,
        Confidence.HIGH,
    )
    triggers = (Trigger(frozenset(name.rpartition(".")[2] for name in CLOCKS), after=r"\s*\("),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._courses: dict[Frame, _Course] = {}

    def _of(self, event: Event) -> _Course:
        return self._courses.setdefault(event.frame, _Course())

    def on_api_call(self, event: ApiCall) -> None:
        """A clock is read; an operation is started; something may wait."""
        course = self._of(event)
        if event.name in CLOCKS:
            course.clocks[event.node] = course.next(), event.frame.loops[-1] if event.frame.loops else None
        elif event.name.rpartition(".")[2] in WAITS:
            course.wait()
        elif event.name.startswith("torch."):
            if event.name not in FACTORIES:
                self._launch(event, event.result)
        else:
            self._may_wait(event)

    def on_method_call(self, event: MethodCall) -> None:
        """An operation is started, or something may wait."""
        if event.name in WAITS or event.name in SYNCHRONIZING_METHODS:
            self._of(event).wait()
        elif not isinstance(event.receiver, (Tensor, Thing, Module)):
            self._may_wait(event)
        elif isinstance(event.receiver, Tensor) and _is_work(event.name, event.receiver):
            self._launch(event, event.receiver)

    def on_module_call(self, event: ModuleCall) -> None:
        """`model(x)`."""
        self._launch(event, event.module, *(argument.value for argument in event.arguments.each()))

    def on_local_call(self, event: LocalCall) -> None:
        """A function of this file, which may wait."""
        self._of(event).wait(surely=False)

    def on_tested(self, event: Tested) -> None:
        """A condition on a tensor is read from the accelerator."""
        if isinstance(event.value, Tensor):
            self._of(event).wait()

    def on_combined(self, event: Combined) -> Iterator[Report]:
        """`end - start`."""
        left, right, course = event.left, event.right, self._of(event)
        if event.operation != "sub" or not isinstance(left, Thing) or not isinstance(right, Thing):
            return
        end, start = (course.clocks.get(each.origin) if each.origin else None for each in (left, right))
        if start is None or end is None or course.launched is None or right.origin is None:
            return
        step, node = course.launched
        if start[1] is not end[1] and course.waited > start[0]:
            return  # the time of many rounds, in each of which something waits: the error is that of one
        if course.perhaps_waited > start[0]:
            return  # what is left may be a trifle
        if start[0] < step < end[0]:
            yield Report(
                event.node,
                f"the clock is read before `{self.text(node)}` is done: an accelerator only queues it",
                ((right.origin, "the clock is started here"), (node, "the work is queued here")),
                "Wait for the work before the clock is read: `torch.accelerator.synchronize()`.",
            )

    def on_scope_done(self, event: ScopeDone) -> None:
        """The function is done."""
        self._courses.pop(event.frame, None)

    def _launch(self, event: Event, *values: Value) -> None:
        devices = [device for value in values for device in _devices_of(value)]
        if any(map(self._is_accelerator, devices)):
            course = self._of(event)
            course.launched = (course.next(), event.node)

    def _is_accelerator(self, device: Device) -> bool:
        """By its name, or chosen by a variable in a file that has CUDA in mind."""
        return device.is_accelerator or (device.where is Where.VARIABLE and self.context.file_has(_ABOUT_CUDA))

    def _may_wait(self, event: ApiCall | MethodCall) -> None:
        """A call that is given a tensor, or what may be or mention one."""
        arguments = list(event.arguments.each())
        if any(_may_hold_tensor(each.value) or type(each.node).__name__ == "FormattedString" for each in arguments):
            self._of(event).wait(surely=False)


def _is_work(method: str, tensor: Tensor) -> bool:
    """An operation of something that surely is a tensor, or the computation of gradients."""
    return method in BACKWARD_METHODS or (tensor.sure and operation_of_method(method) is not None)


_ABOUT_CUDA = re.compile(r"\bcuda\b|torch\.device|accelerator")


def _devices_of(value: Value) -> Iterable[Device]:
    if isinstance(value, Module):
        return value.devices
    return [device for tensor in tensors_in(value) for device in tensor.devices]


def _may_hold_tensor(value: Value) -> bool:
    return value is UNKNOWN or any(True for _ in tensors_in(value))
