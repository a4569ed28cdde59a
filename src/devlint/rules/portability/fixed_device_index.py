"""XDV302."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.flow.values import Number, Text
from devlint.rules.base import Report, Rule
from devlint.rules.fixing import spelling_of, unsafe
from devlint.rules.support import is_literal
from devlint.rules.triggers import CUDA_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.findings import Fix
    from devlint.flow.arguments import Argument
    from devlint.flow.events import ApiCall, MethodCall
    from devlint.rules.base import Case


class FixedDeviceIndex(Rule):
    """A GPU is named by a fixed index in distributed code

    ## What it does
    Finds `"cuda:0"`, `.cuda(0)` and `torch.cuda.set_device(0)` in files that use `torch.distributed` or `LOCAL_RANK`.

    ## Why is this bad
    Every process runs the same code, so all of them crowd onto one GPU: the others idle and the first one runs out of
    memory.

    ## Example
    ```python
    import os

    import torch
    import torch.distributed as dist


    def main(model: torch.nn.Module):
        dist.init_process_group("nccl")
        return model.to("cuda:0")
    ```

    ## Use instead
    ```python
    import os

    import torch
    import torch.distributed as dist


    def main(model: torch.nn.Module):
        dist.init_process_group("nccl")
        return model.to(f"cuda:{os.environ['LOCAL_RANK']}")
    ```

    ## Known problems
    A single-process tool in the same file as distributed code is flagged, too.

    ## Fix safety
    Unsafe: the program must be started by something that sets `LOCAL_RANK`, as `torchrun` does.

    ## References
    - [DistributedDataParallel](https://pytorch.org/docs/stable/generated/torch.nn.parallel.DistributedDataParallel.html)
    """

    meta = RuleMeta(
        "XDV302",
        "fixed-device-index",
        "a fixed GPU index in code that runs in several processes",
        Severity.WARNING,
        Confidence.MEDIUM,
        fix=FixAvailability.SOMETIMES,
    )
    triggers = (CUDA_WORDS,)

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """`x.cuda(0)`, `x.to("cuda:0")`."""
        given = event.arguments.get("device", 0)
        moves = event.name in ("cuda", "to")
        if given is not None and moves and _is_fixed(given, numbers=event.name == "cuda"):
            yield from self._report(event, given)

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """`torch.device("cuda:0")`, `torch.cuda.set_device(0)`, `device="cuda:0"`."""
        given = event.arguments.keywords.get("device")
        if event.name in ("torch.device", "torch.cuda.set_device"):
            given = event.arguments.get("device", 0)
        if (
            given is not None
            and event.name.startswith("torch.")
            and _is_fixed(given, event.name.endswith("set_device"))
        ):
            yield from self._report(event, given)

    def _report(self, event: ApiCall | MethodCall, given: Argument) -> Iterator[Report]:
        if not self.context.file_has(_DISTRIBUTED) or event.frame.asks_about_devices:
            return
        yield Report(
            event.node,
            f"`{self.text(given.node)}` is the same GPU in every process of this distributed program",
            (),
            'Use the process\'s own index: `int(os.environ["LOCAL_RANK"])`.',
        )

    def fix(self, case: Case) -> Fix | None:
        """Use the process's own index."""
        given = case.event.arguments.get("device", 0)
        imported = spelling_of(case.context, "os")
        rank = f'{imported or "os"}.environ["LOCAL_RANK"]'
        new = f"int({rank})" if isinstance(given.value, Number) else 'f"cuda:{' + rank.replace('"', "'") + '}"'
        added = [] if imported else [case.edit.add_import("import os")]
        return unsafe(("Use the process's own `LOCAL_RANK`", [case.edit.replace(given.node, new), *added]))


_DISTRIBUTED = re.compile(r"\binit_process_group\s*\(|\bLOCAL_RANK\b|\bDistributedDataParallel\s*\(")


def _is_fixed(given: Argument, numbers: bool = False) -> bool:
    value = given.value
    if isinstance(value, Text) and is_literal(given.node):
        return bool(re.fullmatch(r"cuda:\d+", value.constant or ""))
    return numbers and isinstance(value, Number) and value.constant is not None and is_literal(given.node)
