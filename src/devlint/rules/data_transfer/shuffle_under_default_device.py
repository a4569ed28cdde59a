"""XDV705."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.lattice import Where
from devlint.flow.values import DeviceValue, Text
from devlint.model.torchapi.loading import LOADER, LOADER_PARAMS, SHUFFLES
from devlint.rules.base import Report, Rule
from devlint.rules.support import constant_of
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.events import ApiCall
    from devlint.rules.base import Context


class ShuffleUnderDefaultDevice(Rule):
    """Shuffling fails once the default device is an accelerator

    ## What it does
    Finds `DataLoader(..., shuffle=True)`, `RandomSampler` and `random_split` without `generator=` in a file that makes
    an accelerator the default device.

    ## Why is this bad
    The sampler draws a permutation with a generator of the CPU, and the permutation is now made on the default device:
    "Expected a 'cuda' device type for generator but found 'cpu'", with the first batch.

    ## Example
    ```python
    import torch
    from torch.utils.data import DataLoader

    torch.set_default_device("cuda" if torch.cuda.is_available() else "cpu")


    def batches_of(dataset):
        return DataLoader(dataset, batch_size=32, shuffle=True)
    ```

    ## Use instead
    ```python
    import torch
    from torch.utils.data import DataLoader

    torch.set_default_device("cuda" if torch.cuda.is_available() else "cpu")


    def batches_of(dataset):
        generator = torch.Generator(device=torch.get_default_device())
        return DataLoader(dataset, batch_size=32, shuffle=True, generator=generator)
    ```

    ## Known problems
    A file that sets the default device back to the CPU is not flagged, and a default device set elsewhere is not seen.

    ## References
    - [torch.set_default_device](https://pytorch.org/docs/stable/generated/torch.set_default_device.html)
    - [pytorch#118084](https://github.com/pytorch/pytorch/issues/118084)
    """

    meta = RuleMeta(
        "XDV705",
        "shuffle-under-default-device",
        "shuffling without `generator=` where the default device is an accelerator",
        Severity.ERROR,
        Confidence.HIGH,
    )
    triggers = (
        Trigger(frozenset({"set_default_device", "set_default_tensor_type"})),
        Trigger(frozenset(name.rpartition(".")[2] for name in (LOADER, *SHUFFLES))),
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._setting: ApiCall | None = None
        self._shuffling: list[ApiCall] = []

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """The default device is set, or something is shuffled, in whichever order the file says it."""
        if event.name in _SETTERS and _is_accelerator(event):
            self._setting = self._setting or event
            shuffling, self._shuffling = self._shuffling, []
        elif (event.name == LOADER and _shuffles(event)) or _draws(event):
            shuffling = [event]
        else:
            return
        if self._setting is None:
            self._shuffling += shuffling
        elif not self.context.file_has(_SET_BACK):
            yield from (self._report(each, self._setting) for each in shuffling)

    def _report(self, event: ApiCall, setting: ApiCall) -> Report:
        return Report(
            event.node,
            f"`{event.name.rpartition('.')[2]}` shuffles with a generator of the CPU, "
            f"while `{self.text(setting.node)}` puts the permutation on another device",
            ((setting.node, "the default device is changed here"),),
            "Pass `generator=torch.Generator(device=torch.get_default_device())`.",
        )


_SETTERS = ("torch.set_default_device", "torch.set_default_tensor_type")
_SET_BACK = re.compile(
    r"set_default_device\(\s*(?:None|[\"'](?:cpu|meta))|set_default_tensor_type\(\s*[\"']?torch\.(?!cuda)"
)
"""Somewhere the file makes the CPU the default again, perhaps where it shuffles."""


def _is_accelerator(event: ApiCall) -> bool:
    """A device that is, or by a variable may be, an accelerator."""
    given = event.arguments.positional[0] if event.arguments.positional else None
    if given is None:
        return False
    if isinstance(given.value, DeviceValue):
        device = given.value.device
        return device.is_accelerator or device.where is not Where.LITERAL
    if isinstance(given.value, Text):
        text = given.value.constant or given.value.prefix
        return text.startswith(("cuda", "mps", "xpu", "torch.cuda")) or given.value.constant is None
    return "cuda" in event.name or ".cuda." in str(getattr(given.value, "name", ""))


def _shuffles(event: ApiCall) -> bool:
    arguments = event.arguments
    given = arguments.bind(LOADER_PARAMS)
    return constant_of(given.get("shuffle")) == 1 and "generator" not in given and not arguments.is_open


def _draws(event: ApiCall) -> bool:
    position = SHUFFLES.get(event.name)
    return position is not None and event.arguments.missing("generator", position)
