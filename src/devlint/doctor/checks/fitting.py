"""What checks of memory share: the model of a job and the way it is run."""

from __future__ import annotations

from dataclasses import replace

from devlint.doctor.checks.base import CannotTell, Case
from devlint.doctor.checks.reading import processes, takes_every_gpu
from devlint.doctor.memory import Model, Setup, planned


def memory_plan(case: Case) -> tuple[Model, Setup]:
    """The model and the way it is run, or CannotTell with what no config says."""
    found = planned(case.plan, case.facts)
    if isinstance(found, str):
        raise CannotTell(found)
    model, setup = found
    if setup.gpus_per_node == 1 and takes_every_gpu(case.plan):
        setup = replace(setup, gpus_per_node=processes(case).value)
    return model, in_checkpoints_type(case, setup)


def in_checkpoints_type(case: Case, setup: Setup) -> Setup:
    """For inference without a precision: in half precision, as checkpoints are and as vLLM loads them."""
    said = case.plan.precision or case.plan.quantization or case.plan.fp16 or case.plan.bf16
    return setup if setup.training or said is not None else replace(setup, dtype="fp16")
