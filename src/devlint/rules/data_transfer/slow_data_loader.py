"""XDV706."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.values import Instance, Thing
from devlint.model.domain import is_test
from devlint.model.torchapi.loading import LOADER, LOADER_PARAMS
from devlint.rules.base import Report, Rule
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.arguments import Argument
    from devlint.flow.events import ApiCall


class SlowDataLoader(Rule):
    """A DataLoader keeps the accelerator waiting

    ## What it does
    Finds `DataLoader(...)` without `num_workers`, and one without `pin_memory` in a file that copies with
    `non_blocking=True`, where the file works with an accelerator.

    ## Why is this bad
    Without workers, items are loaded in the training process, while the accelerator has nothing to do. From memory that
    is not pinned, `non_blocking=True` cannot copy in the background.

    ## Example
    ```python
    from torch.utils.data import DataLoader
    from torchvision.datasets import ImageFolder


    def train(model, folder, device):
        for batch, _ in DataLoader(ImageFolder(folder), batch_size=32):
            model(batch.to(device))
    ```

    ## Use instead
    ```python
    from torch.utils.data import DataLoader
    from torchvision.datasets import ImageFolder


    def train(model, folder, device):
        for batch, _ in DataLoader(ImageFolder(folder), batch_size=32, num_workers=4, pin_memory=True):
            model(batch.to(device, non_blocking=True))
    ```

    ## Known problems
    Workers cost time to start, and do not pay off for data that lies in memory. Only data sets of torchvision and
    torchaudio are flagged, and classes of the file whose `__getitem__` reads, decodes or transforms.

    ## References
    - [Single- and multi-process data loading](https://pytorch.org/docs/stable/data.html#single-and-multi-process-data-loading)
    - [Performance tuning guide](https://pytorch.org/tutorials/recipes/recipes/tuning_guide.html)
    """

    meta = RuleMeta(
        "XDV706",
        "slow-data-loader",
        "a DataLoader without workers, or without pinned memory for non-blocking copies",
        Severity.INFO,
        Confidence.MEDIUM,
        pedantic=True,
    )
    triggers = (Trigger(frozenset({"DataLoader"})),)

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """`DataLoader(...)`."""
        arguments = event.arguments
        if event.name != LOADER or arguments.is_open or is_test(self.context.model.path):
            return
        given = arguments.bind(LOADER_PARAMS)
        if not self.context.file_has(_ACCELERATED) or not self._has_work(given.get("dataset")):
            return
        if "num_workers" not in given:
            missing, why = "num_workers", "its items are loaded by the training process itself"
        elif "pin_memory" not in given and self.context.file_has(_IN_THE_BACKGROUND):
            missing, why = "pin_memory=True", "`non_blocking=True` copies from pinned memory only"
        else:
            return
        yield Report(event.node, f"this DataLoader has no `{missing}`: {why}", (), f"Pass `{missing}`.")

    def _has_work(self, dataset: Argument | None) -> bool:
        """Items that are read from files, decoded or transformed, by a data set that is known to do so."""
        value = dataset.value if dataset is not None else None
        if isinstance(value, Thing):
            return value.kind == "dataset"
        method = value.cls.method("__getitem__") if isinstance(value, Instance) else None
        return method is not None and bool(_WORK.search(self.context.analysis.source_of(method.node)))


_WORK = re.compile(r"\b(?:open|imread|imdecode|read\w*|load\w*|decode\w*|\w*transforms?\w*|augment\w*)\s*\(")
_ACCELERATED = re.compile(r"\bcuda\b|\.to\(\s*(?:self\.)?device|accelerat|\bmps\b")
_IN_THE_BACKGROUND = re.compile(r"non_blocking\s*=\s*True")
