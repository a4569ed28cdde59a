"""XDV405."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.lattice import Where
from devlint.flow.values import DeviceValue
from devlint.rules.base import Report, Rule
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.flow.analysis import Fact
    from devlint.flow.events import ClassDone
    from devlint.model.classes import ClassModel

_KEPT = re.compile(r"\bself\.\w*device\w*\s*(?::[^=\n]+)?=(?!=)")


class DeviceCachedInConstructor(Rule):
    """A module remembers the device on which it was built

    ## What it does
    Finds `self.device = ...` in the constructor of an `nn.Module`, where `forward` makes or moves tensors by it.

    ## Why is this bad
    `model.to(device)` moves parameters and buffers; the attribute stays as it is. From then on `forward` puts its
    tensors where the model was.

    ## Example
    ```python
    import torch
    from torch import nn


    class Noisy(nn.Module):
        def __init__(self, dim: int):
            super().__init__()
            self.layer = nn.Linear(dim, dim)
            self.device = next(self.parameters()).device

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layer(x) + torch.randn(x.shape, device=self.device)
    ```

    ## Use instead
    ```python
    import torch
    from torch import nn


    class Noisy(nn.Module):
        def __init__(self, dim: int):
            super().__init__()
            self.layer = nn.Linear(dim, dim)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layer(x) + torch.randn(x.shape, device=x.device)
    ```

    ## Known problems
    A module that is built where it stays works; a device that the constructor is passed is therefore a finding of low
    confidence. Classes that override `to`, set the attribute elsewhere, too, or have `device` as a property, such as
    LightningModules, are not flagged.

    ## References
    - [torch.nn.Module.to](https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.to)
    """

    meta = RuleMeta(
        "XDV405",
        "device-cached-in-constructor",
        "a device kept by a module's constructor and used in `forward`",
        Severity.WARNING,
        Confidence.HIGH,
    )
    triggers = (Trigger(frozenset({"forward"}), before=r"\bdef\s+", accepts=lambda text: bool(_KEPT.search(text))),)

    def on_class_done(self, event: ClassDone) -> Iterator[Report]:
        """All that the class assigns to its attributes is known."""
        cls = event.cls
        if not cls.is_module or cls.lightning or any(model.moves_itself for model in cls.lineage()):
            return
        for name, facts in event.facts.items():
            if len(facts) == 1 and _ONE_OF_MANY.search(name) is None and self._is_kept(facts[0]):
                use = self._use_in_forward(cls, name)
                if use is None or self.context.file_has(_PIPELINE):
                    continue
                yield Report(
                    facts[0].node,
                    f"`self.{name}` stays as it is when the module is moved, and `forward` puts tensors there",
                    ((use, "used here"),),
                    "Take the device from an input or a parameter where it is needed: `x.device`.",
                    unsure=not _MEANS_ITS_OWN.search(self.text(facts[0].source)),
                )

    def _is_kept(self, fact: Fact) -> bool:
        if not isinstance(fact.value, DeviceValue) or fact.method is None or fact.method.name != "__init__":
            return False
        device = fact.value.device
        on_the_host = device.is_cpu_memory and device.where is not Where.DEFAULT
        return not on_the_host and "device" in self.text(fact.node)

    def _use_in_forward(self, cls: ClassModel, name: str) -> cst.CSTNode | None:
        """Where `forward` hands the attribute to a factory or a move."""
        method = cls.method("forward")
        if method is None or name in cls.methods:
            return None
        source, kept = self.context.analysis.source_of(method.node), rf"self\.{re.escape(name)}\b"
        if re.search(rf"{kept}\s+is\b", source):
            return None  # an option, which a caller may leave out
        name_node = getattr(method.node, "name", method.node)
        return name_node if re.search(rf"(?:device\s*=\s*|\.(?:to|cuda)\(\s*){kept}", source) else None


_ONE_OF_MANY = re.compile(r"devices|\d|(in|input|out|output|src|source|target|first|last|main|other|offload)_device")
"""Names for one of several devices among which a model is spread out on purpose."""
_PIPELINE = re.compile(r"distributed\.rpc|model_parallel|\bPipe\(")
_MEANS_ITS_OWN = re.compile(r"\.device\b|is_available|get_device|current_device")
"""Read off a tensor, or chosen by the machine: whoever moves the module contradicts it."""
