"""XDV706."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.values import Instance, Sequence, Tensor
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
    Workers cost time to start, and do not pay off for data that lies in memory. Tensor data sets, lists, and data sets
    that a caller passes are not flagged.

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
        if not self.context.file_has(_ACCELERATED) or self._is_in_memory(given.get("dataset")):
            return
        if "num_workers" not in given:
            missing, why = "num_workers", "its items are loaded by the training process itself"
        elif "pin_memory" not in given and self.context.file_has(_IN_THE_BACKGROUND):
            missing, why = "pin_memory=True", "`non_blocking=True` copies from pinned memory only"
        else:
            return
        yield Report(event.node, f"this DataLoader has no `{missing}`: {why}", (), f"Pass `{missing}`.")

    def _is_in_memory(self, dataset: Argument | None) -> bool:
        """A list, tensors, what a caller passes, or an object that cannot be shared out among workers as it is."""
        if dataset is None or isinstance(dataset.value, (Sequence, Tensor)):
            return True
        if isinstance(dataset.value, Instance):
            return dataset.value.cls.method("__iter__") is not None
        text = self.text(dataset.node)
        made = rf"\b{re.escape(text)}\b[^\n=]*=[^\n=]*\b(TensorDataset|\[)"
        return "TensorDataset" in text or bool(re.search(made, self.context.model.text))


_ACCELERATED = re.compile(r"\bcuda\b|\.to\(\s*(?:self\.)?device|accelerat|\bmps\b")
_IN_THE_BACKGROUND = re.compile(r"non_blocking\s*=\s*True")
