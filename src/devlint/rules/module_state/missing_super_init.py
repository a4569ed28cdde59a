"""XDV404."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.values import Function, Module, Tensor
from devlint.model.torchapi import is_module_base
from devlint.rules.base import Context, Report, Rule
from devlint.rules.fixing import safe
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.events import ApiCall, AttributeSet, LocalCall, MethodCall
    from devlint.flow.frame import Frame
    from devlint.model.classes import ClassModel
    from devlint.rules.base import Case

_CLASS = re.compile(r"\bclass\s+\w+\s*\([^)]*\w")
_INIT = re.compile(r"^([ \t]*)def\s+__init__\b(.*?)(?=^\1(?:async|def|class|@)|\Z)", re.DOTALL | re.MULTILINE)
_ASSIGNED = re.compile(r"\b\w+\s*\.\s*\w+\s*(?::[^=\n]+)?=(?!=)[\s\\(]*(?:\w+\s*\.\s*)*[A-Z]\w*\s*\(")


def _assigns_early(text: str) -> bool:
    """Some constructor of a class with bases keeps what a class makes before anything named `__init__` is called."""
    if not _CLASS.search(text):
        return False
    for match in _INIT.finditer(text):
        assigned = _ASSIGNED.search(match[2])
        if assigned is not None and not re.search(r"__init__\s*\(", match[2][: assigned.start()]):
            return True
    return False


class MissingSuperInit(Rule):
    """A module's constructor assigns layers before nn.Module's has run

    ## What it does
    Finds constructors of modules that assign a submodule or parameter to `self`, and have not called
    `super().__init__()` by then.

    ## Why is this bad
    `nn.Module.__init__` makes the tables in which submodules, parameters and buffers are registered. Without them the
    assignment stops with "cannot assign module before Module.__init__() call".

    ## Example
    ```python
    from torch import nn


    class Classifier(nn.Module):
        def __init__(self, dim: int):
            self.head = nn.Linear(dim, 10)
    ```

    ## Use instead
    ```python
    from torch import nn


    class Classifier(nn.Module):
        def __init__(self, dim: int):
            super().__init__()
            self.head = nn.Linear(dim, 10)
    ```

    ## Known problems
    A class with a base that is not known, or with a metaclass, is not flagged.

    ## Fix safety
    Safe: without it the constructor fails. There is a fix for direct subclasses of `nn.Module` whose constructor calls
    no other.

    ## References
    - [torch.nn.Module](https://pytorch.org/docs/stable/generated/torch.nn.Module.html)
    """

    meta = RuleMeta(
        "XDV404",
        "missing-super-init",
        "a module or parameter assigned before `super().__init__()`",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (Trigger(frozenset({"__init__"}), accepts=_assigns_early),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._settled: set[Frame] = set()
        """Constructors in which a base's has been called, or the first wrong assignment been reported."""

    def on_method_call(self, event: MethodCall) -> None:
        """`super().__init__()`."""
        if event.name == "__init__":
            self._settled.add(event.frame)

    def on_api_call(self, event: ApiCall) -> None:
        """`nn.Module.__init__(self)`."""
        if event.name.endswith(".__init__"):
            self._settled.add(event.frame)

    def on_local_call(self, event: LocalCall) -> None:
        """A constructor of this file, or a method that calls one."""
        callee = event.callee
        if not event.frame.in_constructor:
            return
        if isinstance(callee, Function) and "__init__" in self.context.analysis.source_of(callee.model.node):
            self._settled.add(event.frame)

    def on_attribute_set(self, event: AttributeSet) -> Iterator[Report]:
        """`self.layer = nn.Linear(...)` in a constructor."""
        frame = event.frame
        if frame in self._settled or frame.function is None or frame.function.name != "__init__":
            return
        kind = _registered_kind(event) if _is_constructor_call(event.value_node) else None
        if kind is None or not _is_plainly_module(event.cls):
            return
        self._settled.add(frame)
        yield Report(
            event.node,
            f"`self.{event.name}` is assigned before `super().__init__()`: "
            f"PyTorch cannot assign a {kind} to a module that is not initialised",
            (),
            "Call `super().__init__()` first.",
        )

    def fix(self, case: Case) -> Fix | None:
        """Call it first."""
        event = case.event
        function = event.frame.function.node
        if "__init__" in case.edit.source(function.body) or event.cls.bases != ("torch.nn.Module",):
            return None
        statements = function.body.body
        first = statements[1] if len(statements) > 1 and function.get_docstring() is not None else statements[0]
        if not case.edit.is_alone(first) and type(first).__name__ == "SimpleStatementLine":
            return None
        return safe(("Call `super().__init__()`", (case.edit.insert_line_before(first, "super().__init__()"),)))


def _is_constructor_call(node: cst.CSTNode) -> bool:
    """`nn.Linear(...)`: what a variable or a helper brings is left out, so that the screen can tell by the text."""
    from devlint.model.names import dotted

    func = getattr(node, "func", None)
    name = dotted(func) if func is not None else None
    return name is not None and name.rpartition(".")[2][:1].isupper()


def _registered_kind(event: AttributeSet) -> str | None:
    value = event.value
    if isinstance(value, Module) and not value.is_self and value.cls is not None:
        return "submodule"
    return "parameter" if isinstance(value, Tensor) and value.sure and value.parameter else None


def _is_plainly_module(cls: ClassModel) -> bool:
    """Every base is a module as PyTorch makes it, so that nothing else can have initialised it."""
    if not cls.is_module or cls.node.keywords or cls.node.decorators or {"__new__", "__setattr__"} & cls.methods.keys():
        return False
    return bool(cls.bases) and all(
        is_module_base(base) if isinstance(base, str) else _is_plainly_module(base) for base in cls.bases
    )
