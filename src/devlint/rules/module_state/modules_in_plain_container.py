"""XDV402."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.values import Mapping, Module, Sequence, Tensor
from devlint.model.torchapi import NN_MODULES
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import own_assignment, spelling_of, unsafe
from devlint.rules.triggers import CONTAINER_ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.findings import Fix
    from devlint.flow.analysis import Fact
    from devlint.flow.events import ClassDone
    from devlint.flow.values import Value
    from devlint.rules.base import Case


class ModulesInPlainContainer(Rule):
    """Modules in a plain list are not registered

    ## What it does
    Finds modules that keep submodules or parameters in a Python list, tuple or dict (`self.layers = [nn.Linear(2,
    2)]`).

    ## Why is this bad
    PyTorch does not look into plain containers: the parameters are not moved by `.to()`, not trained by the optimizer
    and not saved in the state dict.

    ## Example
    ```python
    import torch
    from torch import nn


    class Stack(nn.Module):
        def __init__(self, depth: int, dim: int):
            super().__init__()
            self.layers = [nn.Linear(dim, dim) for _ in range(depth)]

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for layer in self.layers:
                x = layer(x)
            return x
    ```

    ## Use instead
    ```python
    import torch
    from torch import nn


    class Stack(nn.Module):
        def __init__(self, depth: int, dim: int):
            super().__init__()
            self.layers = nn.ModuleList(nn.Linear(dim, dim) for _ in range(depth))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for layer in self.layers:
                x = layer(x)
            return x
    ```

    ## Known problems
    A list that hides a frozen module on purpose (a teacher) is let through when it holds just that one.

    ## Fix safety
    Unsafe: the parameters are now moved, trained and saved, so that the state dict has more keys and old
    checkpoints need `strict=False`. There is a fix for a list or dict that is written out, or filled later, in the
    constructor.

    ## References
    - [ModuleList](https://pytorch.org/docs/stable/generated/torch.nn.ModuleList.html)
    """

    meta = RuleMeta(
        "XDV402",
        "modules-in-plain-container",
        "modules or parameters kept in a plain list or dict",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (CONTAINER_ATTRIBUTES,)

    def on_class_done(self, event: ClassDone) -> Iterator[Report]:
        """Attributes of a module that hold modules, and that nothing registers."""
        if not event.cls.is_module or event.cls.moves_itself:
            return
        for name, facts in event.facts.items():
            fact = next((fact for fact in reversed(facts) if _holds_modules(fact.value)), None)
            if fact is None or self._is_registered(event, name, facts) or self._holds_registered(fact):
                continue
            what = "parameters" if _element_kind(fact.value) is Tensor else "modules"
            container = "dict" if isinstance(fact.value, Mapping) else "list"
            better = {"modules": "Module", "parameters": "Parameter"}[what] + container.capitalize()
            yield Report(
                fact.node,
                f"`self.{name}` keeps {what} in a plain {container}: "
                f"`{event.cls.name}` neither moves, trains nor saves them",
                (),
                f"Wrap it: `nn.{better}(...)`.",
            )

    def _holds_registered(self, fact: Fact) -> bool:
        """Modules that are attributes of their own (`[self.first, self.second]`), or parameters that were listed."""
        if _element_kind(fact.value) is Tensor and type(fact.source).__name__ == "Call":
            return True
        elements = getattr(fact.source, "elements", None) or ()
        return bool(elements) and all(self.text(element.value).startswith("self.") for element in elements)

    def _is_registered(self, event: ClassDone, name: str, facts: list[Fact]) -> bool:
        """The class registers them some other way, or puts something else there later."""
        text = self.context.analysis.source_of(event.cls.node)
        if any(isinstance(fact.value, Module) for fact in facts):
            return True
        own = rf"\bself\.{re.escape(name)}\s*"
        if re.search(rf"(?m)^\s*\w+={own},?$|\b[A-Z]\w*\([^()\n]*{own}[,)]", text):
            return True  # handed to another module, which may register them
        constructor = event.cls.method("__init__")
        built = self.context.analysis.source_of(constructor.node) if constructor is not None else ""
        others = [method.node for method in event.cls.methods.values() if method is not constructor]
        kept = any(re.search(own, self.context.analysis.source_of(node)) for node in others)
        if not kept and re.search(rf"\bfor\b[^\n]*\bin\b[^\n:]*{own}", built):
            return True  # built only to be taken up one by one
        return bool(_REGISTERS.search(text)) or bool(
            re.search(
                rf"(ModuleList|ModuleDict|ParameterList|ParameterDict|Sequential)\([^\n]*self\.{re.escape(name)}\b",
                text,
            )
        )

    def fix(self, case: Case) -> Fix | None:
        """Wrap the list or dict where it is made, unless it is used as only those can be."""
        event = case.event
        name = next(name for name, facts in event.facts.items() if any(fact.node is case.node for fact in facts))
        value, targets = event.facts[name][-1].value, {fact.node for fact in event.facts[name] if _is_target(fact.node)}
        assign = own_assignment(case, targets.pop()) if len(targets) == 1 else None
        if (
            assign is None
            or assign.value is None
            or type(assign).__name__ != "Assign"
            or type(assign.value).__name__ not in _WRITTEN_OUT
            or not _holds_only(value)
        ):
            return None
        if re.search(_ONLY_PLAIN.format(name), self.context.analysis.source_of(event.cls.node)):
            return None
        nn = spelling_of(self.context, "torch.nn")
        kind = "Parameter" if _element_kind(value) is Tensor else "Module"
        wrapper = f"{nn or 'nn'}.{kind}{'Dict' if isinstance(value, Mapping) else 'List'}"
        inside = case.edit.source(assign.value) if getattr(assign.value, "elements", True) else ""
        added = [] if nn else [case.edit.add_import("from torch import nn")]
        return unsafe((f"Wrap it: `{wrapper}(...)`", [case.edit.replace(assign.value, f"{wrapper}({inside})"), *added]))


_REGISTERS = re.compile(r"\.(add_module|register_module|register_parameter|__setattr__)\s*\(|\bsetattr\s*\(\s*self\b")


def _element_kind(value: Value) -> type:
    return type(value.join_of_items()) if isinstance(value, (Sequence, Mapping)) else type(value)


def _is_stateless(value: Value) -> bool:
    """A module without parameters or buffers: nothing of it could be left behind."""
    if not isinstance(value, Module) or not isinstance(value.cls, str):
        return False
    spec = NN_MODULES.get(value.cls)
    return spec is not None and (not spec.parametric or spec.loss) and not value.weights


def _holds_modules(value: Value) -> bool:
    """A list or dict of modules or parameters; one module alone, or a tuple, is hidden on purpose."""
    if isinstance(value, Sequence):
        if value.kind != "list" or (value.items is not None and len(value.items) < 2):
            return False
    elif not isinstance(value, Mapping) or value.promised:
        return False
    element = value.join_of_items()
    spec = NN_MODULES.get(element.cls) if isinstance(element, Module) and isinstance(element.cls, str) else None
    if isinstance(value, Mapping) and all(map(_is_stateless, (item for _, item in value.items))) and value.closed:
        return False
    if spec is not None and _is_stateless(element):
        return False
    return (isinstance(element, Module) and not element.is_self) or (isinstance(element, Tensor) and element.parameter)


_ONLY_PLAIN = (
    r"\bself\.{0}\s*(?:\.(?:remove|index|sort|count|copy|reverse|setdefault|get)\b|\+\s)|\+\s*self\.{0}\b(?![\[.(])"
)
"""What a list or dict can do, and a ModuleList or ModuleDict cannot."""


_WRITTEN_OUT = ("List", "ListComp", "Dict")


def _holds_only(value: Sequence | Mapping) -> bool:
    """Nothing but modules or parameters, under keys that are strings."""
    if isinstance(value, Mapping):
        return value.closed and all(_is_member(item) for _, item in value.items)
    return value.items is None or all(map(_is_member, value.items))


def _is_target(node: cst.CSTNode) -> bool:
    """The left side of `self.name = ...`, not a call that fills the container."""
    return type(node).__name__ == "Attribute"


def _is_member(value: Value) -> bool:
    return isinstance(value, (Module, Tensor))
