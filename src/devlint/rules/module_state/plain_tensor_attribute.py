"""XDV401."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.events import ClassDone
from devlint.flow.lattice import How, Where
from devlint.flow.values import Nothing, Tensor
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import own_assignment, unsafe
from devlint.rules.support import name_of_other_side, phrase_of
from devlint.rules.triggers import FACTORY_CALLS, KEPT_TENSORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.findings import Fix
    from devlint.flow.analysis import Fact
    from devlint.flow.events import Clash
    from devlint.flow.lattice import Device
    from devlint.rules.base import Case


class PlainTensorAttribute(Rule):
    """A tensor attribute does not move with its module

    ## What it does
    Finds modules that keep a tensor as a plain attribute (`self.table = torch.arange(10)`) and use it, in another
    method, together with inputs or parameters.

    ## Why is this bad
    `module.to(device)` moves parameters and buffers only. A plain tensor stays behind, and is not saved in the state
    dict either: the first forward on a GPU stops with "Expected all tensors to be on the same device".

    ## Example
    ```python
    import torch
    from torch import nn


    class Scaled(nn.Module):
        def __init__(self, dim: int):
            super().__init__()
            self.scale = torch.ones(dim)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * self.scale
    ```

    ## Use instead
    ```python
    import torch
    from torch import nn


    class Scaled(nn.Module):
        def __init__(self, dim: int):
            super().__init__()
            self.register_buffer("scale", torch.ones(dim), persistent=False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * self.scale
    ```

    ## Known problems
    A tensor that a constructor is given and keeps may be a parameter, which PyTorch registers: that needs `--pedantic`.
    A class that overrides `_apply` or `to` is trusted to move what it has.

    ## Fix safety
    Unsafe: a buffer follows `.to()`, `.half()` and the like. It is registered with `persistent=False`, so that the
    state dict stays as it is and old checkpoints load. There is a fix for an attribute that only the constructor
    sets, once.

    ## References
    - [register_buffer](https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_buffer)
    """

    meta = RuleMeta(
        "XDV401",
        "plain-tensor-attribute",
        "a tensor kept as a plain attribute of a module and used in its forward path",
        Severity.ERROR,
        Confidence.HIGH,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (*FACTORY_CALLS, KEPT_TENSORS)

    def on_class_done(self, event: ClassDone) -> Iterator[Report]:
        """A tensor made by a factory, kept as it is, and read by another method without being moved there."""
        if not event.cls.is_module or event.cls.moves_itself:
            return
        for name, facts in event.facts.items():
            fact = next((fact for fact in facts if _is_left_behind(fact)), None)
            if fact is None or not all(_is_left_behind(each) or _is_none(each) for each in facts):
                continue
            use = self._plain_use(event, name)
            if use is not None:
                origin = next(device.origin for device in cast("Tensor", fact.value).devices if _is_made_here(device))
                yield Report(
                    fact.node,
                    f"`self.{name}` is a plain tensor, which `{event.cls.name}.to(...)` leaves behind; "
                    f"`{use}` reads it",
                    ((origin.node, origin.note),) if origin is not None else (),
                    f'Register it: `self.register_buffer("{name}", ..., persistent=False)`.',
                )

    def _plain_use(self, event: ClassDone, name: str) -> str | None:
        """The first method that computes with the attribute, and neither moves it nor asks where it is."""
        texts = {each: self.context.analysis.source_of(each.node) for each in event.cls.methods.values()}
        registered, moved = rf"register_\w*buffer\(\s*[\"']{name}[\"']", rf"self\.{name}\.(to|cuda|type_as)\("
        for method, text in texts.items():
            # What the constructor itself moves is there before the module can be moved.
            if re.search(registered, text) or (not method.is_constructor and re.search(moved, text)):
                return None
        setters = {fact.method.name for fact in event.facts[name] if fact.method is not None}
        operand = re.compile(rf"[-+*/@]\s*self\.{name}\b(?!\s*[\[.(])|\bself\.{name}\s*(?:{_USED_AS_TENSOR})")
        for method, text in texts.items():
            if method.name in _SETUP or (method.name in setters and method.name == "forward"):
                continue
            for match in operand.finditer(text):
                after = text[match.end() :].partition("\n")[0]
                before = text[: match.start()].rpartition("\n")[2]
                alias = re.search(r"(\w+)\s*=\s*$", before)
                if alias and re.search(rf"\b{alias[1]}(?:\[[^\]]*\])?\.(to|cuda|type_as)\(", text):
                    continue
                if not (_INSIDE_INDEX.search(before) or _MOVED.search(after)):
                    return method.name
        return None

    def on_clash(self, clash: Clash) -> Iterator[Report]:
        """A side that was read from `self` and was created in another method."""
        origin = clash.left.device.origin
        cls = clash.frame.cls
        if origin is None or origin.attribute is None or origin.attribute_node is None or cls is None:
            return
        if not cls.is_module or cls.moves_itself or clash.how in ("host-argument", "left-behind"):
            return
        name, other = origin.attribute, self.text(clash.right.node)
        verb = phrase_of(clash)
        yield Report(
            origin.attribute_node,
            f"`self.{name}` is a plain tensor, which `{cls.name}.to(...)` leaves behind; it {verb} `{other}`",
            (
                (clash.node, f"here it {verb} `{other}`, which is on {name_of_other_side(clash)}"),
                (origin.node, origin.note),
            ),
            f'Register it: `self.register_buffer("{name}", ..., persistent=False)`.',
            unsure=clash.left.device.where is Where.KEPT,  # a parameter may be passed, which is registered
        )

    def fix(self, case: Case) -> Fix | None:
        """Register a buffer in place of the only assignment, in the constructor."""
        target = case.node
        assign = own_assignment(case, target)
        if assign is None or assign.value is None:
            return None
        name, owner = target.attr.value, case.edit.source(target.value)
        cls = case.event.cls if isinstance(case.event, ClassDone) else case.event.frame.cls
        if name in cls.class_attributes or len(self.context.analysis.facts_of(cls, name)) != 1:
            return None
        if "requires_grad" in case.edit.source(assign):
            return None
        call = f'{owner}.register_buffer("{name}", '
        edits = case.edit.replace_around(assign, assign.value, call, ", persistent=False)")
        equal = getattr(assign, "equal", None)
        if equal is not None:  # the annotation stays, as a statement of its own
            if not case.edit.is_alone(assign):
                return None
            edits = (
                case.edit.insert_line_before(assign, case.edit.source_before(equal, assign).rstrip()),
                *edits,
            )
        return unsafe((f"Register it: `{call}..., persistent=False)`", edits))


_SETUP = ("__init__", "__post_init__", "__repr__", "extra_repr", "reset_parameters", "__getstate__", "__setstate__")

_USED_AS_TENSOR = (
    r"(?:\.float\(\))?\s*[-+*/@](?!=)"
    r"|\.(?:expand|expand_as|clone|repeat|repeat_interleave|unsqueeze|view|reshape|matmul|mm|bmm)\("
    r"|\[\s*\w+\.(?:long|int|view|reshape|flatten)\("
)
"""It is an operand, another tensor is made of it, or it is indexed by a tensor."""

_INSIDE_INDEX = re.compile(r"[\w\])]\[[^\[\]]*$|(?:view_as|expand_as|reshape_as)\($")
"""An index may be a CPU tensor, and of some arguments only the shape is read."""

_MOVED = re.compile(r"\.(to|cuda|type_as|cpu|item|tolist|numpy)\(|device")
"""In the rest of the line: the copy that is used was moved."""


def _is_left_behind(fact: Fact) -> bool:
    """Made by a factory on the default device, on some path, with dimensions (a CPU scalar may meet any tensor)."""
    value = fact.value
    if not isinstance(value, Tensor) or not value.sure or value.parameter or fact.registered:
        return False
    if any(device.origin is not None and device.origin.guarded for device in value.devices):
        return False
    made = [device for device in value.devices if _is_made_here(device)]
    return any((device.rank if value.rank is None else value.rank) not in (None, 0) for device in made)


def _is_made_here(device: Device) -> bool:
    origin = device.origin
    return device.is_cpu_memory and origin is not None and origin.how in (How.FACTORY, How.HOST_ONLY)


def _is_none(fact: Fact) -> bool:
    return isinstance(fact.value, Nothing)
