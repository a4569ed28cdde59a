"""XDV401."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.values import How, Nothing, Tensor
from devlint.rules.base import Report, Rule
from devlint.rules.support import name_of_other_side, phrase_of
from devlint.rules.triggers import FACTORY_CALLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.analysis import Fact
    from devlint.flow.events import Clash, ClassDone


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
    A class that overrides `_apply` or `to` is trusted to move what it has.

    ## References
    - [register_buffer](https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_buffer)
    """

    meta = RuleMeta(
        "XDV401",
        "plain-tensor-attribute",
        'a tensor kept as a plain attribute of a module and used in its forward path',
        Severity.ERROR,
        Confidence.HIGH,
    )
    triggers = FACTORY_CALLS

    def on_class_done(self, event: ClassDone) -> Iterator[Report]:
        """A tensor made by a factory, kept as it is, and read by another method without being moved there."""
        if not event.cls.is_module or event.cls.moves_itself:
            return
        source = self.context.analysis.source_of(event.cls.node)
        for name, facts in event.facts.items():
            fact = next((fact for fact in facts if _is_left_behind(fact)), None)
            if fact is None or not all(_is_left_behind(each) or _is_none(each) for each in facts):
                continue
            use = self._plain_use(event, name, source)
            if use is not None:
                origin = fact.value.devices[0].origin
                yield Report(
                    fact.node,
                    f"`self.{name}` is a plain tensor, which `{event.cls.name}.to(...)` leaves behind; `{use}` reads it",
                    ((origin.node, origin.note),) if origin is not None else (),
                    f'Register it: `self.register_buffer("{name}", ..., persistent=False)`.',
                )

    def _plain_use(self, event: ClassDone, name: str, source: str) -> str | None:
        """The first method that reads the attribute for its values, and neither moves it nor asks where it is."""
        if re.search(rf"register_buffer\(\s*[\"']{name}[\"']|self\.{name}\.(to|cuda|type_as)\(", source):
            return None
        setters = {fact.method.name for fact in event.facts[name] if fact.method is not None}
        for method in event.cls.methods.values():
            if method.name in _SETUP or (method.name in setters and method.name == "forward"):
                continue
            text = self.context.analysis.source_of(method.node)
            for match in re.finditer(rf"(\[\s*)?\bself\.{name}\b\s*(\.\s*\w+|=(?!=)|\[)?", text):
                after = text[match.end() :].partition("\n")[0]
                before = text[: match.start()].rpartition("\n")[2]
                if match[1] or _INSIDE_INDEX.search(before) or (match[2] or "").lstrip(". ").startswith(_HARMLESS_USES) or _MOVED.search(after):
                    continue
                return method.name
        return None

    def on_clash(self, clash: Clash) -> Iterator[Report]:
        """A side that was read from `self` and was created in another method."""
        origin = clash.left.device.origin
        cls = clash.frame.cls
        if origin is None or origin.attribute is None or origin.attribute_node is None or cls is None:
            return
        if not cls.is_module or cls.moves_itself or clash.how == "host-argument":
            return
        name, other = origin.attribute, self.text(clash.right.node)
        verb = phrase_of(clash)
        yield Report(
            origin.attribute_node,
            f"`self.{name}` is a plain tensor, which `{cls.name}.to(...)` leaves behind; it {verb} `{other}`",
            ((clash.node, f"here it {verb} `{other}`, which is on {name_of_other_side(clash)}"),
             (origin.node, origin.note)),
            f'Register it: `self.register_buffer("{name}", ..., persistent=False)`.',
        )


_SETUP = ("__init__", "__post_init__", "__repr__", "extra_repr", "reset_parameters", "__getstate__", "__setstate__")
_HARMLESS_USES = (
    "to", "cuda", "cpu", "type_as", "device", "item", "tolist", "numpy", "shape", "size", "dtype", "ndim", "numel", "dim", "copy_", "=",
)  # fmt: skip
"""Reads that move the tensor, bring it to the host on purpose, or only look at its shape."""


_INSIDE_INDEX = re.compile(r"[\w\])]\[[^\[\]]*$|(?:view_as|expand_as|reshape_as)\($")
"""An index may be a CPU tensor, and of some arguments only the shape is read."""

_MOVED = re.compile(r"\.(to|cuda|type_as|cpu|item|tolist|numpy)\(|device")
"""In the rest of the line: the copy that is used was moved."""


def _is_left_behind(fact: Fact) -> bool:
    """Made by a factory on the default device, with dimensions (a CPU scalar may meet any tensor)."""
    value = fact.value
    if not isinstance(value, Tensor) or not value.sure or value.parameter or value.rank in (None, 0) or fact.registered:
        return False
    return all(
        device.is_cpu_memory and device.origin is not None and device.origin.how in (How.FACTORY, How.HOST_ONLY)
        and not device.origin.guarded
        for device in value.devices
    )


def _is_none(fact: Fact) -> bool:
    return isinstance(fact.value, Nothing)
