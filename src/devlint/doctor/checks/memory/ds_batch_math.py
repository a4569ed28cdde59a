"""XDC312."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import CannotTell, Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import Count, processes
from devlint.findings import Confidence, RuleMeta, Severity


class DsBatchMath(Check):
    """DeepSpeed's three batch sizes do not fit each other

    ## What it does
    Multiplies the micro-batch, the accumulation steps and the number of processes, and compares the product with
    `train_batch_size`.

    ## Why is this bad
    DeepSpeed checks the same at start and stops.

    ## Example
    ```json
    {"train_batch_size": 256, "train_micro_batch_size_per_gpu": 8, "gradient_accumulation_steps": 4}
    ```

    ## Use instead
    ```json
    {"train_micro_batch_size_per_gpu": 8, "gradient_accumulation_steps": 4}
    ```

    ## Known problems
    Model and pipeline parallel jobs have fewer data-parallel ranks than processes, which is not looked at.

    ## References
    - [deepspeedai/DeepSpeed#6914](https://github.com/deepspeedai/DeepSpeed/issues/6914)
    - [bigcode-project/starcoder#41](https://github.com/bigcode-project/starcoder/issues/41)
    - [DeepSpeed: batch size](https://www.deepspeed.ai/docs/config-json/#batch-size-related-parameters)
    """

    meta = RuleMeta(
        "XDC312",
        "ds-batch-math",
        "DeepSpeed batch sizes that do not multiply",
        Severity.ERROR,
        Confidence.HIGH,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """The product."""
        keys = ("train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps")
        total, micro, steps = (case.plan.other.get(f"deepspeed.{key}") for key in keys)
        if total is None or micro is None:
            raise DoesNotApply("no config sets both of DeepSpeed's batch sizes")
        accumulation = 1 if steps is None else steps.value
        if not all(isinstance(number, int) for number in (total.value, micro.value, accumulation)):
            raise DoesNotApply("DeepSpeed works out a batch size itself (auto)")
        world = _world(case)
        product = micro.value * accumulation * world.value
        if product == total.value:
            yield Passed(f"{micro.value} x {accumulation} x {world.value} is {total.value}")
            return
        yield Problem(
            message=f"`{total.key}` is {total.value}, and {micro.value} x {accumulation} x {world.value} processes "
            f"make {product}",
            consequence="DeepSpeed stops before training",
            error_text="AssertionError: Check batch related parameters. train_batch_size is not equal to "
            "micro_batch_per_gpu * gradient_acc_step * world_size "
            f"{total.value} != {micro.value} * {accumulation} * {world.value}",
            fix="Make it the product, or leave it out:",
            command=f'"train_batch_size": {product}',
            setting=total,
            others=tuple(each for each in (micro, steps, world.setting) if each is not None),
        )


def _world(case: Case) -> Count:
    """All processes of the job; CannotTell where nothing says how many are started."""
    plan = case.plan
    if plan.world_size is not None:
        return Count(plan.world_size.value, f"`{plan.world_size.key}`", plan.world_size)
    if plan.procs_per_node is None and plan.devices is None and plan.device_ids is None:
        raise CannotTell("no config says how many processes are started")
    here = processes(case)
    nodes = plan.nodes.value if plan.nodes is not None else 1
    return Count(here.value * nodes, here.how, here.setting)
