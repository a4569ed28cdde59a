"""XDV806."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.model.domain import is_test
from devlint.rules.base import Report, Rule
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.events import ApiCall


class GlobalRankAsDeviceIndex(Rule):
    """The global rank is used as the index of a GPU

    ## What it does
    Finds `torch.distributed.get_rank()` and `os.environ["RANK"]` as the index of a CUDA device: in `f"cuda:{rank}"`,
    `torch.cuda.set_device(rank)`, `x.to(rank)` and the like.

    ## Why is this bad
    The global rank counts the processes of all nodes; a GPU's index counts those of one. On the second node of a job
    rank 8 asks for `cuda:8`, which is not there: "invalid device ordinal".

    ## Example
    ```python
    import torch
    import torch.distributed as dist


    def own_device() -> torch.device:
        rank = dist.get_rank()
        return torch.device(f"cuda:{rank}")
    ```

    ## Use instead
    ```python
    import os

    import torch


    def own_device() -> torch.device:
        return torch.device(f"cuda:{os.environ['LOCAL_RANK']}")
    ```

    ## Known problems
    A program that only ever runs on one node is flagged, too. A rank that comes in as an argument is not looked into.

    ## References
    - [torchrun: environment variables](https://pytorch.org/docs/stable/elastic/run.html#environment-variables)
    - [torch.distributed.get_rank](https://pytorch.org/docs/stable/distributed.html#torch.distributed.get_rank)
    """

    meta = RuleMeta(
        "XDV806",
        "global-rank-as-device-index",
        "the rank among all processes used as the index of a GPU",
        Severity.WARNING,
        Confidence.HIGH,
    )
    triggers = (Trigger(frozenset({"get_rank", "RANK"})),)

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """A question for the global rank whose answer becomes an index."""
        if event.name not in ("torch.distributed.get_rank", "builtins.int"):
            return
        source = self.context.analysis.source_of
        asked = source(event.node)
        is_rank = event.name == "torch.distributed.get_rank" and not any(event.arguments.each())
        if not is_rank and not (event.name == "builtins.int" and _FROM_ENVIRONMENT.fullmatch(asked)):
            return
        function = event.frame.function
        text = self.context.model.text if function is None else source(function.node)
        named = re.findall(rf"(?<![\w.])(\w+)\s*=\s*{re.escape(asked)}(?!\s*[%,])", text)
        used = next((use for name in (asked, *named) for use in _index_uses(name, text)), None)
        if used is None or _IS_WEIGHED.search(text) or is_test(self.context.model.path):
            return
        yield Report(
            event.node,
            f"`{self.text(event.node)}` is the rank among the processes of all nodes, but `{used}` takes it for the "
            "index of a GPU of this one",
            (),
            'Use the rank on this node: `int(os.environ["LOCAL_RANK"])`.',
        )


_FROM_ENVIRONMENT = re.compile(
    r"int\(\s*(os\.)?(environ\[|environ\.get\(|getenv\()\s*[\"'](RANK|SLURM_PROCID)[\"'].*\)"
)


_IS_WEIGHED = re.compile(r"device_count\(\)\s*[<>]|[<>]=?\s*(torch\.)?cuda\.device_count\(")
"""The rank is compared with the number of GPUs."""


def _index_uses(rank: str, text: str) -> Iterator[str]:
    """Where an expression stands as the index of a device."""
    index = rf"\s*{re.escape(rank)}\s*"
    for pattern in (
        rf"[fF][\"']cuda:\{{{index}\}}[\"']",
        rf"cuda\.set_device\({index}\)",
        rf"\bdevice\([\"']cuda[\"']\s*,{index}\)",
        rf"\.(?:cuda|to)\({index}\)",
        rf"device_ids\s*=\s*\[{index}\]",
    ):
        yield from (match[0] for match in re.finditer(pattern, text))
