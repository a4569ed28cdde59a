"""XDV805."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.flow.lattice import How
from devlint.flow.values import Tensor
from devlint.model.domain import is_test
from devlint.model.torchapi.distributed import ASYNCHRONOUS_ON_REQUEST
from devlint.rules.base import Report, Rule, story
from devlint.source.screen import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.flow.arguments import Argument
    from devlint.flow.events import ApiCall, MethodCall
    from devlint.flow.lattice import Device


class CpuTensorInCollective(Rule):
    """A CPU tensor is exchanged between processes that talk over NCCL

    ## What it does
    Finds tensors made without `device=`, or brought to the CPU, that are given to `all_reduce`, `all_gather`,
    `broadcast` and their like in a program which uses the NCCL backend, or to accelerate's `gather`,
    `gather_for_metrics` and `reduce`.

    ## Why is this bad
    NCCL moves memory between GPUs only: "No backend type associated with device type cpu".

    ## Example
    ```python
    import torch
    import torch.distributed as dist

    dist.init_process_group("nccl")


    def total(count: int) -> int:
        counts = torch.tensor(count)
        dist.all_reduce(counts)
        return int(counts)
    ```

    ## Use instead
    ```python
    import torch
    import torch.distributed as dist

    dist.init_process_group("nccl")


    def total(count: int, device: torch.device) -> int:
        counts = torch.tensor(count, device=device)
        dist.all_reduce(counts)
        return int(counts)
    ```

    ## Known problems
    A program that mentions the gloo backend, too, is let through: gloo exchanges CPU tensors.

    ## References
    - [Backends of torch.distributed](https://pytorch.org/docs/stable/distributed.html#backends)
    """

    meta = RuleMeta(
        "XDV805",
        "cpu-tensor-in-collective",
        "a CPU tensor exchanged between processes over NCCL",
        Severity.ERROR,
        Confidence.HIGH,
    )
    triggers = (
        Trigger(frozenset(name.rpartition(".")[2] for name in ASYNCHRONOUS_ON_REQUEST), after=r"\s*\("),
        Trigger(frozenset({"gather_for_metrics"}), after=r"\s*\("),
    )

    def on_api_call(self, event: ApiCall) -> Iterator[Report]:
        """`dist.all_reduce(x)`."""
        if event.name not in ASYNCHRONOUS_ON_REQUEST or event.arguments.get("group") is not None:
            return
        if self.context.file_has(_NCCL) and not self.context.file_has(_GLOO):
            for argument in event.arguments.positional[:2]:
                yield from self._judge(event, argument, "NCCL")

    def on_method_call(self, event: MethodCall) -> Iterator[Report]:
        """`accelerator.gather(x)`."""
        if event.name in _GATHERING and _ACCELERATOR.search(self.text(event.receiver_node)):
            for argument in event.arguments.positional[:1]:
                yield from self._judge(event, argument, "accelerate")

    def _judge(self, event: ApiCall | MethodCall, argument: Argument, who: str) -> Iterator[Report]:
        value = argument.value
        if not isinstance(value, Tensor) or not value.sure or is_test(self.context.model.path):
            return
        if event.frame.is_guarded or not value.devices or not all(map(_is_left_on_the_cpu, value.devices)):
            return
        yield Report(
            argument.node,
            f"`{self.text(argument.node)}` is in CPU memory, and {who} exchanges tensors between GPUs",
            tuple(story(value.devices[0].origin)),
            "Make it on the device of this process.",
        )


_NCCL = re.compile(r"[\"']nccl[\"']")
_GLOO = re.compile(r"gloo")
_ACCELERATOR = re.compile(r"(^|\.)_?accelerator$")
_GATHERING = frozenset({"gather", "gather_for_metrics", "reduce"})


def _is_left_on_the_cpu(device: Device) -> bool:
    origin = device.origin
    if origin is None or origin.guarded or origin.attribute is not None:
        return False
    return device.is_cpu_memory and origin.how in (How.FACTORY, How.HOST_ONLY, How.MOVE)
