"""XDC304."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.script import dotted, script_of
from devlint.findings import Confidence, RuleMeta, Severity


class TinyBatch(Check):
    """A very small batch meets BatchNorm

    ## What it does
    Where a config asks for at most 4 samples a device, looks in the script for BatchNorm.

    ## Why is this bad
    BatchNorm estimates mean and variance from one device's batch. From 4 samples they are noise, and accumulating
    gradients does not help: the statistics still come from each small batch.

    ## Example
    ```python
    import torch

    block = torch.nn.Sequential(torch.nn.Conv2d(3, 64, 3), torch.nn.BatchNorm2d(64))
    ```

    ## Use instead
    ```python
    import torch

    block = torch.nn.Sequential(torch.nn.Conv2d(3, 64, 3), torch.nn.GroupNorm(8, 64))
    ```

    ## Known problems
    Only the script itself is read: models from libraries, such as torchvision's ResNets, have BatchNorm inside that is
    not seen.

    ## References
    - [Group Normalization](https://arxiv.org/abs/1803.08494)
    """

    meta = RuleMeta(
        "XDC304",
        "tiny-batch",
        "BatchNorm on a very small batch",
        Severity.INFO,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The batch, then the script's layers."""
        batch = case.asked("micro_batch", "the batch of one device")
        if batch.value > 4:
            yield Passed(f"a batch of {batch.value} is enough for BatchNorm")
            return
        if case.plan.wants_gpu is False:
            raise DoesNotApply("the job runs on the CPU, where memory is not what keeps the batch small")
        script = script_of(case)
        layers = [node for node in ast.walk(script.tree) if isinstance(node, ast.Call) and _is_batch_norm(node)]
        if not layers:
            yield Passed(f"{script.path} has no BatchNorm")
            return
        yield Problem(
            message=f"`{batch.key}` is {batch.value}, and the model has BatchNorm",
            consequence="its statistics come from so few samples that training is noisy and evaluation differs",
            fix="Use GroupNorm, or train with SyncBatchNorm on several GPUs:",
            command=f"{dotted(layers[0].func).replace('BatchNorm2d', 'GroupNorm')}(8, channels)"
            if "BatchNorm2d" in dotted(layers[0].func)
            else "torch.nn.SyncBatchNorm.convert_sync_batchnorm(model)",
            setting=batch,
            others=(script.place(layers[0]),),
        )


def _is_batch_norm(call: ast.Call) -> bool:
    return re.fullmatch(r"(?:.*\.)?BatchNorm[123]d", dotted(call.func)) is not None
