"""XDV803."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.values import Text
from devlint.model.torchapi import ACCELERATOR_TYPES
from devlint.model.torchapi.precision import AUTOCASTS
from devlint.rules.base import Report, Rule
from devlint.rules.support import is_for_cuda, is_literal
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.events import ApiCall

_USES_DEVICE = re.compile(
    r"\.to\(\s*(?:device\s*=\s*)?(?P<moved>(?:\w+\.)*_?device)\b|\bdevice\s*=\s*(?P<given>(?:\w+\.)*_?device)\b"
)

_FIXED = re.compile(r"\.cuda\(|\.to\(\s*[rRbBuUfF]?[\"']")
"""The function puts something on a fixed device anyway."""


class HardCodedAutocast(Rule):
    """Autocast for one device type, where the code runs on any

    ## What it does
    Finds `torch.autocast("cuda")` in a function that puts its tensors on a device which is a variable.

    ## Why is this bad
    Autocast works for the device type that it is told. On any other the code runs in full precision, or stops where its
    weights are in half precision; on a machine without CUDA it warns, and does nothing.

    ## Example
    ```python
    import torch


    def loss_of(model, batch: torch.Tensor, device: torch.device) -> torch.Tensor:
        batch = batch.to(device)
        with torch.autocast("cuda", dtype=torch.bfloat16):
            return model(batch).mean()
    ```

    ## Use instead
    ```python
    import torch


    def loss_of(model, batch: torch.Tensor, device: torch.device) -> torch.Tensor:
        batch = batch.to(device)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            return model(batch).mean()
    ```

    ## Known problems
    Silent where `enabled=` is given, which may well ask for the device (`enabled=False` switches autocast off on
    purpose), under a condition that asks for devices, and in code about CUDA.

    ## References
    - [torch.autocast](https://pytorch.org/docs/stable/amp.html#torch.autocast)
    """

    meta = RuleMeta(
        "XDV803",
        "hard-coded-autocast",
        "`torch.autocast` with a fixed device type where the device is a variable",
        Severity.WARNING,
        Confidence.MEDIUM,
        pedantic=True,
    )
    triggers = (Trigger(frozenset({"autocast"}), after=r"\s*\("),)

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """`torch.autocast("cuda")`."""
        if event.name not in AUTOCASTS or event.arguments.is_open or "enabled" in event.arguments.keywords:
            return
        given = event.arguments.get("device_type", 0)
        if given is None or not isinstance(given.value, Text) or not is_literal(given.node):
            return
        kind, frame = given.value.constant or "", event.frame
        if kind not in ACCELERATOR_TYPES or frame.function is None or len(event.arguments.positional) > 2:
            return
        if frame.asks_about_devices or is_for_cuda(self.context, frame):
            return
        source = self.context.analysis.source_of(frame.function.node)
        used = (match["moved"] or match["given"] for match in _USES_DEVICE.finditer(source))
        device = next((name for name in used if name != "torch.device"), None)
        if device is not None and not _FIXED.search(source):
            yield Report(
                given.node,
                f'`{self.text(event.node)}` is for "{kind}" alone, and the tensors here are on `{device}`',
                (),
                f"Take the type from the device: `{device}.type`.",
            )
