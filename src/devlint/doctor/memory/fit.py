"""What fits into the memory at hand: the largest batch, the largest model, and what to change if it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from devlint.doctor.memory.amount import Amount
from devlint.doctor.memory.estimate import estimate
from devlint.doctor.memory.model import Kind, Model, model_of_size
from devlint.doctor.memory.setup import Setup

MOST = 2**16
"""The largest batch that is looked for."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The largest batch that fits for sure, and that most likely fits; 0 if not one sample does."""

    sure: int
    likely: int


@dataclass(frozen=True, slots=True)
class Change:
    """One step towards fitting: what to do, what it costs, and the peak once it and those before it are done."""

    text: str
    cost: str
    setup: Setup
    peak: Amount
    saves: int
    fits: bool


def largest_batch(model: Model, setup: Setup, memory: int) -> Fit:
    """The largest micro-batch for one GPU with so many bytes."""

    def fits(limit: Callable[[Amount], int]) -> Callable[[int], bool]:
        return lambda batch: limit(estimate(model, replace(setup, batch=batch)).peak) <= memory

    return Fit(_largest(fits(lambda peak: peak.high), MOST), _largest(fits(lambda peak: peak.likely), MOST))


def largest_model(setup: Setup, memory: int) -> int:
    """The most parameters, to two digits, of a usual language model that most likely fits; 0 if none does."""

    def fits(steps: int) -> bool:
        return estimate(model_of_size(steps * 10**7), setup).peak.likely <= memory

    count = _largest(fits, 2**18) * 10**7
    unit = int(10 ** max(0, len(str(count)) - 2))
    return count // unit * unit


def _largest(fits: Callable[[int], bool], most: int) -> int:
    """The largest number up to `most` that fits, if all smaller ones do; 0 if not even 1 does."""
    low, high = 0, 1
    while high <= most and fits(high):
        low, high = high, high * 2
    high = min(high, most + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def advise(model: Model, setup: Setup, memory: int) -> tuple[Change, ...]:
    """What to change until the job most likely fits, the greatest effect first; empty if it fits as it is.

    Where one change is enough, it is the one that costs least.
    """
    done: list[Change] = []
    peak = estimate(model, setup).peak
    while peak.likely > memory:
        changes = [_change(model, peak, memory, *option) for option in _options(model, setup, memory)]
        enough = next((change for change in changes if change.fits), None)  # they come with the cheapest first
        best = enough or max(changes, key=lambda change: change.saves, default=None)
        if best is None or best.saves < peak.likely // 100:
            break
        done.append(best)
        setup, peak = best.setup, best.peak
    return tuple(done)


def _change(model: Model, before: Amount, memory: int, text: str, cost: str, setup: Setup) -> Change:
    peak = estimate(model, setup).peak
    return Change(text, cost, setup, peak, before.likely - peak.likely, peak.likely <= memory)


def _options(model: Model, setup: Setup, memory: int) -> Iterator[tuple[str, str, Setup]]:
    """All that could be changed next, the cheapest first: what to do, what it costs, and the setup then."""
    if setup.attention == "eager":
        yield "use fused attention (attn_implementation sdpa)", "no cost", replace(setup, attention="sdpa")
    yield from _training_options(model, setup, memory) if setup.training else _inference_options(model, setup, memory)
    if setup.sequence > 512 and model.tokens is None and model.kind is not Kind.OTHER:
        half = setup.sequence // 2
        yield f"shorten samples to {half} tokens", "the model sees less context", replace(setup, sequence=half)


def _training_options(model: Model, setup: Setup, memory: int) -> Iterator[tuple[str, str, Setup]]:
    if setup.batch > 1:  # accumulated gradients stay between the steps, so that less fits beside them
        batch = largest_batch(model, replace(setup, accumulation=2), memory).likely or 1
        steps = -(-setup.batch * setup.accumulation // batch)
        smaller = replace(setup, batch=batch, accumulation=steps)
        text = f"lower the batch to {batch} and accumulate gradients over {steps} steps"
        noise = "; BatchNorm sees the small batch" if model.kind is Kind.OTHER else ""
        yield text, f"the same samples an update, somewhat slower{noise}", smaller
    if not setup.checkpointing and model.layers:
        yield "switch on gradient checkpointing", "a third more computing", replace(setup, checkpointing=True)
    if setup.dtype == "fp32" and setup.zero == 0 and setup.lora_rank is None:
        cost = "bf16 needs compute capability 8.0; take fp16-mixed before"
        yield "train in bf16-mixed precision", cost, replace(setup, dtype="bf16-mixed")
    if setup.optimizer in ("adam", "adamw") and setup.zero == 0 and setup.lora_rank is None:
        yield "use an 8-bit optimizer (adamw_bnb_8bit)", "needs bitsandbytes", replace(setup, optimizer="adamw-8bit")
    if setup.world > 1 and setup.zero < 3 and setup.lora_rank is None:
        text = f"shard the states over the {setup.world} GPUs (ZeRO stage 3 or FSDP)"
        yield text, "more communication", replace(setup, zero=3, dtype=_half(setup))
    if setup.zero and not setup.offload_optimizer:
        yield "offload the optimizer to RAM", "slower steps, much RAM", replace(setup, offload_optimizer=True)
    if setup.zero == 3 and setup.offload_optimizer and not setup.offload_parameters:
        yield "offload the parameters to RAM", "much slower", replace(setup, offload_parameters=True)
    if setup.lora_rank is None and model.kind is Kind.DECODER:
        adapters = replace(setup, lora_rank=16, dtype=_half(setup), zero=0)
        yield "train LoRA adapters (rank 16) instead of all weights", "adapts less", adapters
    if setup.lora_rank is not None and setup.dtype != "int4":
        yield "load the frozen weights in 4 bits (QLoRA)", "somewhat less exact, slower", replace(setup, dtype="int4")


def _inference_options(model: Model, setup: Setup, memory: int) -> Iterator[tuple[str, str, Setup]]:
    if setup.batch > 1:
        batch = largest_batch(model, setup, memory).likely or 1
        yield f"lower the batch to {batch}", "fewer requests at once", replace(setup, batch=batch)
    if setup.precision.weight > 2 or setup.precision.copies:
        yield "load the weights in half precision (bf16 or fp16)", "hardly any", replace(setup, dtype=_half(setup))
    elif setup.precision.weight > 1:
        yield "load the weights in 8 bits", "slightly less exact", replace(setup, dtype="int8")
    elif setup.precision.weight == 1:
        yield "load the weights in 4 bits", "less exact", replace(setup, dtype="int4")
    if setup.world > 1 and setup.zero == 0:
        text = f"spread the weights over the {setup.world} GPUs (tensor parallel or device_map)"
        yield text, "communication between the GPUs", replace(setup, zero=3)


def _half(setup: Setup) -> str:
    """The precision in half-precision weights that goes with a setup."""
    return "fp16" if setup.dtype.startswith("fp16") else "bf16" if setup.precision.weight > 2 else setup.dtype
