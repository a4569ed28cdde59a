"""XDV406."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.values import Module
from devlint.model.torchapi import NN_MODULES
from devlint.model.torchapi.modules import CONSTANT_START
from devlint.rules.base import Report, Rule
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from devlint.flow.arguments import Argument
    from devlint.flow.events import ApiCall, ModuleCall, ScopeDone
    from devlint.flow.frame import Frame
    from devlint.rules.base import Context

_LAYERS = {
    name
    for name, spec in NN_MODULES.items()
    if spec.parametric and not spec.loss and not spec.container and spec.params and "module" not in spec.params
}
_WORDS = frozenset(name.rpartition(".")[2] for name in _LAYERS)
_USE = re.compile(rf"\bdef\s+forward\b.*\b(?:{'|'.join(sorted(_WORDS))})\s*\(", re.DOTALL)


class LayerBuiltInForward(Rule):
    """A layer with weights is built in forward

    ## What it does
    Finds layers with parameters (`nn.Linear`, `nn.Conv2d`, `nn.Embedding` ...) that `forward` builds and uses, and
    keeps nowhere.

    ## Why is this bad
    Each call makes new random weights, on the default device. No optimizer ever sees them, no checkpoint holds them,
    and `model.to(device)` cannot move them: on a GPU the layer fails with its first input.

    ## Example
    ```python
    import torch
    from torch import nn


    class Head(nn.Module):
        def __init__(self, classes: int):
            super().__init__()
            self.classes = classes

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            layer = nn.Linear(x.shape[-1], self.classes)
            return layer(x)
    ```

    ## Use instead
    ```python
    import torch
    from torch import nn


    class Head(nn.Module):
        def __init__(self, classes: int):
            super().__init__()
            self.layer = nn.LazyLinear(classes)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layer(x)
    ```

    ## Known problems
    Layers that start with constants (norms) are flagged only if they stay on the default device; a layer whose weights
    are set afterwards, or that is kept, is not.

    ## References
    - [torch.nn.Module](https://pytorch.org/docs/stable/generated/torch.nn.Module.html)
    - [LazyLinear](https://pytorch.org/docs/stable/generated/torch.nn.LazyLinear.html)
    """

    meta = RuleMeta(
        "XDV406",
        "layer-built-in-forward",
        "a layer with weights that is built in `forward`",
        Severity.ERROR,
        Confidence.HIGH,
    )
    triggers = (Trigger(_WORDS, accepts=lambda text: bool(_USE.search(text))),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._built: dict[Frame, dict[cst.CSTNode, str]] = {}
        """The layers that a `forward` has built, by their calls."""

    def on_api_call(self, event: ApiCall) -> None:
        """`nn.Linear(...)` in `forward`."""
        frame = event.frame
        if not frame.in_module or frame.function is None or frame.function.name != "forward":
            return
        if event.name in _LAYERS and _has_weights(event):
            self._built.setdefault(frame, {})[event.node] = event.name
        elif event.name == "torch.nn.Sequential":
            built, made = self._built.get(frame, {}), map(_made_by, event.arguments.each())
            name = next((built[node] for node in made if node is not None and node in built), None)
            if name is not None:
                self._built[frame][event.node] = name

    def on_module_call(self, event: ModuleCall) -> Iterator[Report]:
        """A layer is called that the same `forward` has built."""
        devices = event.module.devices
        origin = devices[0].origin if len(devices) == 1 else None
        if origin is None or event.frame not in self._built:
            return
        node, name = self._layer_of(origin.node, event.frame)
        if node is None or self._is_kept_or_filled(node, event.frame):
            return
        stays = devices[0].is_cpu_memory
        if not stays and name in CONSTANT_START:
            return
        yield Report(
            node,
            f"this `{name.rpartition('.')[2]}` is built anew by each call of `forward`: its weights are never trained"
            + (", and stay on the default device" if stays else ""),
            ((event.node, "used here"),),
            "Build it in `__init__`, as `self.layer = ...`.",
        )

    def _layer_of(self, node: cst.CSTNode, frame: Frame) -> tuple[cst.CSTNode | None, str]:
        """The call that built a layer, and the layer's class: the node, or what it moves (`nn.Linear(...).to(d)`)."""
        built = self._built[frame]
        for each in (node, getattr(getattr(node, "func", None), "value", None)):
            if each in built:
                return each, built[each]
        return None, ""

    def _is_kept_or_filled(self, node: cst.CSTNode, frame: Frame) -> bool:
        """`self` keeps the layer, or the function sets its weights, or hands it on."""
        assert frame.function is not None
        source = self.context.analysis.source_of(frame.function.node)
        call = re.escape(self.context.analysis.source_of(node))
        match = re.search(rf"(?m)^\s*(\w[\w.]*(?:\[[^\]\n]*\])?)\s*(?::[^=\n]+)?=\s*{call}", source)
        if match is None:
            return bool(re.search(rf"\.(append|add_module|register_module|setdefault)\([^\n]*{call}", source))
        name = re.escape(match[1])
        used = rf"\b{name}\.(weight|bias|data|load_state_dict|parameters|named_parameters|apply|_parameters)\b"
        handed_on = rf"[(,=]\s*{name}\s*([,)]|$)"
        kept = "." in match[1] or "[" in match[1]
        return kept or bool(re.search(rf"{used}|{handed_on}", source, re.MULTILINE))

    def on_scope_done(self, event: ScopeDone) -> None:
        """The function is done."""
        self._built.pop(event.frame, None)


def _made_by(argument: Argument) -> cst.CSTNode | None:
    """The call that made a module."""
    value = argument.value
    origin = value.devices[0].origin if isinstance(value, Module) and value.devices else None
    return origin.node if origin is not None else None


def _has_weights(event: ApiCall) -> bool:
    """A norm may be told to have none; those of instances have none unless told so."""
    given = event.arguments.keywords
    switches = [given[name] for name in ("affine", "elementwise_affine") if name in given]
    if not switches:
        return "InstanceNorm" not in event.name
    return all(getattr(each.value, "constant", None) != 0 for each in switches)
