"""XDV309."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.events import MethodCall
from devlint.flow.values import Class, Function, Super
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import unsafe
from devlint.rules.triggers import DEVICE_PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.events import LocalCall
    from devlint.flow.values import Value
    from devlint.model.classes import ClassModel
    from devlint.model.functions import FunctionModel, Parameter
    from devlint.rules.base import Case


class DeviceNotPassedOn(Rule):
    """A device parameter is not handed on

    ## What it does
    Finds functions with a `device` parameter which call a function, method or class of the same file that takes
    `device`, too, without passing it; also methods that call themselves or `super()`, and constructors that neither use
    their `device` nor give it to `super().__init__`.

    ## Why is this bad
    The callee falls back to its default, often the CPU or "cuda": what it makes is not where the caller was told to
    work.

    ## Example
    ```python
    import torch


    def grid(n: int, device="cpu") -> torch.Tensor:
        return torch.arange(n, device=device)


    def mesh(n: int, device="cpu"):
        rows = grid(n)
        return rows, torch.zeros(n, device=device)
    ```

    ## Use instead
    ```python
    import torch


    def grid(n: int, device="cpu") -> torch.Tensor:
        return torch.arange(n, device=device)


    def mesh(n: int, device="cpu"):
        rows = grid(n, device=device)
        return rows, torch.zeros(n, device=device)
    ```

    ## Known problems
    A result that is moved afterwards is let through where that shows in the same function. What a constructor builds is
    not looked at: it is mostly moved as a whole.

    ## Fix safety
    Unsafe: what the callee makes goes to another device than before.

    ## References
    - [torch.device](https://pytorch.org/docs/stable/tensor_attributes.html#torch.device)
    """

    meta = RuleMeta(
        "XDV309",
        "device-not-passed-on",
        "a call that omits the `device` its caller was given",
        Severity.WARNING,
        Confidence.MEDIUM,
        pedantic=True,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (DEVICE_PARAMETERS,)

    def on_local_call(self, event: LocalCall) -> Iterator[Report]:
        """The callee takes a device, the caller has one, and the call passes none."""
        function, callee = event.frame.function, _signature(event.callee)
        if function is None or callee is None or event.arguments.is_open or event.frame.is_guarded:
            return
        if function.name == "__init__" and not self._is_base_constructor(event.node):
            return  # what a constructor builds is mostly moved as a whole, later
        for given in filter(_is_device, function.parameters):
            if function.name == "__init__" and self._is_used(given.name, function):
                continue
            wanted = callee.parameter(given.name)
            if wanted is not None and self._is_left_out(event, callee, wanted):
                yield self._report(event.node, given.name, given.node, function)
                return

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """`super().__init__(...)` of another file's class, by a constructor that does nothing else with its device."""
        function = event.frame.function
        if not isinstance(event.receiver, Super) or event.name != "__init__" or event.arguments.is_open:
            return
        cls = event.frame.cls
        if function is None or function.name != "__init__" or cls is None or not all(map(_may_take_device, cls.bases)):
            return
        for given in filter(_is_device, function.parameters):
            if not self._is_used(given.name, function):
                yield self._report(event.node, given.name, given.node, function, ", nor uses it")
                return

    def _is_used(self, name: str, function: FunctionModel) -> bool:
        body = self.context.analysis.source_of(function.node.body)
        return bool(re.search(rf"\b{name}\b|\blocals\(", body))

    def _is_left_out(self, event: LocalCall, callee: FunctionModel, wanted: Parameter) -> bool:
        if wanted.default is None or event.arguments.get(wanted.name) is not None:
            return False
        position = callee.parameters.index(wanted) - (1 if callee.takes_self or callee.is_class_method else 0)
        return position >= len(event.arguments.positional) and not self._is_dealt_with(event, wanted.name)

    def _is_base_constructor(self, node: cst.CSTNode) -> bool:
        return bool(re.match(r"super\(.*\)\.__init__\(", self.text(node)))

    def _is_dealt_with(self, event: LocalCall, name: str) -> bool:
        """Some argument already carries it, or what comes back is moved."""
        if any("device" in self.text(argument.node) for argument in event.arguments.each()):
            return True
        assert event.frame.function is not None
        source = self.context.analysis.source_of(event.frame.function.node)
        call = re.escape(self.context.analysis.source_of(event.node))
        if re.search(rf"{call}\s*(?:\.\w+\(\)\s*)*\.(to|cuda)\(|\bself\.to\(\s*{name}", source):
            return True
        held = re.search(rf"(?<![\w.])((?:self\.)?\w+)\s*(?::[^=\n]+)?=\s*(?:[\w.]+\()*{call}", source)
        return held is not None and bool(re.search(rf"(?<![\w.]){re.escape(held[1])}\b[^\n]*\.(to|cuda)\(", source))

    def _report(
        self, node: cst.CSTNode, name: str, given: cst.CSTNode, function: FunctionModel, more: str = ""
    ) -> Report:
        callee = self.text(node.func)  # type: ignore[attr-defined]
        what = f"`{callee}` takes `{name}`, which `{function.name}` was given and does not pass on"
        if more:
            what = f"`{function.name}` was given `{name}`, and does not pass it on to `{callee}`{more}"
        return Report(node, what, ((given, "the device that the caller asked for"),), f"Pass it on: `{name}={name}`.")

    def fix(self, case: Case) -> Fix | None:
        """Pass the device on."""
        name = re.search(r"`(\w+)=", case.report.tip or "")
        if name is None or isinstance(case.event, MethodCall):
            return None
        return unsafe((f"Add `{name[1]}={name[1]}`", case.edit.add_keyword(case.node, name[1], name[1])))


def _signature(callee: Value) -> FunctionModel | None:
    """The function that the arguments go to."""
    if isinstance(callee, Class):
        return callee.model.method("__init__")
    return callee.model if isinstance(callee, Function) else None


_DEVICE = re.compile(r"^((torch|preferred|target)_)?(device|dev)(_id)?$|^gpu(_id)?$")


def _is_device(parameter: Parameter) -> bool:
    return bool(_DEVICE.match(parameter.name))


def _may_take_device(base: ClassModel | str) -> bool:
    """A class of another file, not one of Python's or PyTorch's own."""
    return isinstance(base, str) and not base.startswith("torch.") and base not in ("object", "?")
