"""Model states against DeepSpeed's own estimators, whose formulae are transcribed here.

Source: deepspeed/runtime/zero/stage_1_and_2.py (`estimate_zero2_model_states_mem_needs`) and stage3.py
(`estimate_zero3_model_states_mem_needs`) of DeepSpeed, commit edaa7221 of August 2026, Apache-2.0.
"""

from __future__ import annotations

import itertools

import pytest

from devlint.doctor.memory import Model, Setup, estimate

GPUS = [(1, 1), (2, 1), (4, 1), (8, 1), (8, 2), (8, 16)]
SIZES = [
    (124_439_808, 38_597_376),
    (1_235_814_400, 262_668_288),
    (6_738_415_616, 131_072_000),
    (70_553_706_496, 262_144_000),
]
FACTOR = 1.5


def zero2(parameters: int, gpus: int, nodes: int, offload: bool) -> tuple[float, float]:
    """RAM of a node and memory of a GPU, in bytes."""
    total = gpus * nodes
    if offload:
        return parameters * max(4 * total, 16) * FACTOR, 2 * parameters
    return parameters * 4 * gpus * FACTOR, 2 * parameters + int(18 * parameters / total)


def zero3(parameters: int, largest: int, gpus: int, nodes: int, offload: str, zero_init: bool) -> tuple[float, float]:
    total, share, layer = gpus * nodes, 1 / nodes, 4 * largest
    if offload == "all":
        each = 18 * share if zero_init else max(4 * gpus, 18 * share)
        return parameters * each * FACTOR, layer
    if offload == "optimizer":
        each = 16 * share if zero_init else max(4 * gpus, 16 * share)
        return parameters * each * FACTOR, layer + int(2 * parameters / total)
    loading = largest if zero_init else parameters
    return loading * 4 * gpus * FACTOR, layer + int(18 * parameters / total)


def states(parameters: int, largest: int, gpus: int, nodes: int, **setup: object) -> tuple[int, int]:
    model = Model(name="x", parameters=parameters, largest_layer=largest)
    found = estimate(model, Setup(dtype="bf16", gpus_per_node=gpus, nodes=nodes, **setup))  # type: ignore[arg-type]
    return found.host.likely, found.model_states


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("gpus", GPUS)
@pytest.mark.parametrize("offload", [False, True])
def test_stage_2(size: tuple[int, int], gpus: tuple[int, int], offload: bool) -> None:
    found = states(*size, *gpus, zero=2, offload_optimizer=offload)
    assert found == pytest.approx(zero2(size[0], *gpus, offload), rel=1e-6)


@pytest.mark.parametrize(("size", "gpus"), list(itertools.product(SIZES, GPUS)))
@pytest.mark.parametrize("offload", ["none", "optimizer", "all"])
@pytest.mark.parametrize("zero_init", [True, False])
def test_stage_3(size: tuple[int, int], gpus: tuple[int, int], offload: str, zero_init: bool) -> None:
    flags = {"offload_optimizer": offload != "none", "offload_parameters": offload == "all"}
    found = states(*size, *gpus, zero=3, zero_init=zero_init, **flags)
    assert found == pytest.approx(zero3(*size, *gpus, offload, zero_init), rel=1e-6)


def test_stage_1_keeps_all_gradients_in_half_precision() -> None:
    """DeepSpeed has no estimator for stage 1: the ZeRO paper's table (1910.02054) with their fp32 gradients."""
    _, gpu = states(10**9, 10**8, 8, 1, zero=1)
    assert gpu == pytest.approx(2e9 + 2e9 + 16e9 / 8)


@pytest.mark.parametrize(
    ("dtype", "optimizer", "per_parameter"),
    [
        ("fp32", "sgd", 8),
        ("fp32", "momentum", 12),
        ("fp32", "adamw", 16),
        ("bf16-mixed", "adamw", 16),
        ("bf16", "adamw", 8),
        ("bf16", "adamw-8bit", 4 + 2 + 8 / 256),
        ("fp32", "adamw-8bit", 8 + 2 + 8 / 256),
        ("fp32", "lion", 12),
    ],
)
def test_bytes_per_parameter_without_zero(dtype: str, optimizer: str, per_parameter: float) -> None:
    model = Model(name="x", parameters=10**9, largest_layer=10**8)
    assert estimate(model, Setup(dtype=dtype, optimizer=optimizer)).model_states == pytest.approx(per_parameter * 1e9)
