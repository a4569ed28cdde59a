"""Model states: weights, gradients and the optimizer's numbers, on one GPU and in the host's RAM.

Without ZeRO these are torch's own: the optimizer's state has the type of the parameters. With ZeRO they are
DeepSpeed's, by the formulae of its estimators (estimate_zero2_model_states_mem_needs in stage_1_and_2.py and
estimate_zero3_model_states_mem_needs in stage3.py of deepspeed/runtime/zero).
"""

from __future__ import annotations

from dataclasses import dataclass

from devlint.doctor.memory.amount import NOTHING, Amount
from devlint.doctor.memory.model import Model
from devlint.doctor.memory.setup import OPTIMIZERS, Optimizer, Setup, optimizer_name

HOST_FACTOR = 1.5
"""DeepSpeed's `additional_buffer_factor`: what the host needs beside the states themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """Bytes on one GPU; `host` is RAM of one node. `gradients_stay` is False where torch frees them between steps.

    `buckets` are those in which DDP sends gradients. `first_gradient` is the largest layer's, which backward may make
    while all activations are still there.
    """

    weights: Amount
    gradients: Amount
    optimizer: Amount
    master: Amount = NOTHING
    copies: Amount = NOTHING
    buckets: Amount = NOTHING
    gathered: Amount = NOTHING
    temporaries: Amount = NOTHING
    host: Amount = NOTHING
    gradients_stay: bool = False
    first_gradient: Amount = NOTHING

    @property
    def total(self) -> int:
        """What DeepSpeed's estimators count, in bytes."""
        return sum(part.likely for part in (self.weights, self.gradients, self.optimizer, self.master, self.gathered))


def states(model: Model, setup: Setup) -> States:
    """The model states of one GPU."""
    if not setup.training:
        return States(weights=_frozen(model, setup), gradients=NOTHING, optimizer=NOTHING)
    if setup.lora_rank is not None:
        return _lora(model, setup)
    return _zero(model, setup) if setup.zero else _plain(model, setup)


def adapter_parameters(model: Model, rank: int) -> Amount:
    """Parameters of LoRA adapters: a pair of matrices, rank * (in + out), for each linear layer that gets one.

    At least those of the queries and values (peft's default for Llama), at most and likely those of all linear layers.
    """
    queries, keys = model.heads * model.head_size, model.kv_heads * model.head_size
    few = 2 * model.hidden + queries + keys
    mlp = (3 if model.gated else 2) * (model.hidden + model.intermediate)
    every = few + 2 * model.hidden + queries + keys + mlp
    return Amount.between(few, every, every) * (model.layers * rank)


def _frozen(model: Model, setup: Setup) -> Amount:
    """Weights that are only read; with ZeRO-3 each GPU holds its share, and the layer that is at work."""
    weight = min(setup.precision.weight, setup.precision.compute)  # nobody infers with autocast's fp32 originals
    size = model.parameters * weight
    if setup.zero == 3:
        size = size / setup.world + model.largest_layer * weight
    return Amount.exactly(size)


def _lora(model: Model, setup: Setup) -> States:
    assert setup.lora_rank is not None
    adapters = adapter_parameters(model, setup.lora_rank)
    optimizer = OPTIMIZERS[optimizer_name(setup.optimizer)]
    return States(
        weights=_frozen(model, setup) + adapters * 4,
        gradients=adapters * 4,
        optimizer=adapters * (4 * optimizer.slots + optimizer.fixed),
        temporaries=adapters * 4 * optimizer.temporary[1],
        gradients_stay=setup.accumulation > 1,
    )


def _plain(model: Model, setup: Setup) -> States:
    weight = setup.precision.weight if setup.dtype != "fp8" else 2  # Transformer Engine keeps them in half precision
    parameters = model.parameters
    optimizer = OPTIMIZERS[optimizer_name(setup.optimizer)]
    state = Amount.exactly(parameters * (optimizer.slots * weight + optimizer.fixed))
    return States(
        weights=Amount.exactly(parameters * weight),
        gradients=Amount.exactly(parameters * weight),
        optimizer=Amount.between(0, state.likely, state.high) if optimizer.paged else state,
        copies=Amount.between(0, 1, 1) * (_cast_parameters(model) * setup.precision.copies),
        buckets=Amount.between(0, 1, 1) * (parameters * weight if setup.world > 1 else 0),
        temporaries=_temporaries(optimizer, model, weight, foreach=setup.foreach),
        gradients_stay=setup.accumulation > 1,
        first_gradient=Amount.exactly(model.largest_layer * weight),
    )


def _cast_parameters(model: Model) -> int:
    """The parameters that autocast copies: those of matrix products, so not an embedding that is only looked up."""
    return model.parameters - (0 if model.tied else model.vocabulary * model.hidden)


def _temporaries(optimizer: Optimizer, model: Model, weight: float, *, foreach: bool) -> Amount:
    """What one step makes and drops: sets of all parameters, or, layer by layer, twice the largest."""
    fused, usual, most = (sets * model.parameters * weight for sets in optimizer.temporary)
    if foreach:
        return Amount.between(fused, usual, most)
    return Amount.exactly(2 * model.largest_layer * weight if usual else 0)


def _zero(model: Model, setup: Setup) -> States:
    parameters, world = model.parameters, setup.world
    half = 2 if setup.precision.compute == 2 else 4
    optimizer = OPTIMIZERS[optimizer_name(setup.optimizer)]
    state = 4 * optimizer.slots + optimizer.fixed
    offload = setup.offload_optimizer
    on_gpu = 0 if offload else 1 / world
    weights = half * parameters / (1 if setup.zero < 3 else world)
    if setup.zero == 3 and offload and setup.offload_parameters:
        weights = 0
    half_gradients = {1: half, 2: half * on_gpu, 3: 0}[setup.zero]  # stage 3 holds those of the gathered layer only
    gradients = (half_gradients + 4 * on_gpu) * parameters
    return States(
        weights=Amount.exactly(weights),
        gradients=Amount.exactly(gradients),
        optimizer=Amount.exactly(state * parameters * on_gpu),
        master=Amount.exactly(4 * parameters * on_gpu),
        gathered=Amount.exactly(2 * half * model.largest_layer if setup.zero == 3 else 0),
        host=Amount.exactly(_host(model, setup, half + 8 + state) * HOST_FACTOR),
        gradients_stay=True,
    )


def _host(model: Model, setup: Setup, all_states: float) -> float:
    """RAM of one node by DeepSpeed's estimators, without their factor; `all_states` is 18 bytes for Adam."""
    parameters, gpus = model.parameters, setup.gpus_per_node
    if setup.zero < 3:
        per_parameter = max(4 * setup.world, all_states - 2) if setup.offload_optimizer else 4 * gpus
        return parameters * per_parameter
    if not setup.offload_optimizer:
        return (model.largest_layer if setup.zero_init else parameters) * 4 * gpus
    share = (all_states if setup.offload_parameters else all_states - 2) / setup.nodes
    return parameters * (share if setup.zero_init else max(4 * gpus, share))
