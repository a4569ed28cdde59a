"""The memory of one GPU at the moments that can be its peak."""

from __future__ import annotations

from dataclasses import dataclass

from devlint.doctor.memory import activations as acts
from devlint.doctor.memory.amount import GIB, MIB, NOTHING, Amount
from devlint.doctor.memory.model import Model
from devlint.doctor.memory.setup import Setup
from devlint.doctor.memory.states import States, states

CONTEXT = Amount(300 * MIB, 512 * MIB, GIB)
"""The CUDA context and the libraries' workspaces: 0.3 to 1 GiB; llmfit counts 0.5, gpu_poor 0.65 GiB."""
SLACK = 0.1
"""At most this share of the rest is lost between blocks of the allocator: what vLLM leaves by default."""


@dataclass(frozen=True, slots=True)
class Part:
    """One share of a moment's memory; `name` is for people."""

    name: str
    size: Amount


@dataclass(frozen=True, slots=True)
class Moment:
    """What is in memory at one moment of a step; parts without size are left out."""

    name: str
    parts: tuple[Part, ...]

    @property
    def total(self) -> Amount:
        """The sum of its parts."""
        return sum((part.size for part in self.parts), NOTHING)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The memory of one GPU; `host` is the RAM that a node needs beside it, for states that are offloaded.

    `model_states` are weights, gradients and optimizer, which DeepSpeed's estimators count, too. `without_activations`
    is True where nothing tells how much the activations take, so that the true peak is higher.
    """

    moments: tuple[Moment, ...]
    model_states: int
    host: Amount
    without_activations: bool = False

    @property
    def peak_moment(self) -> Moment:
        """The moment with the most memory, most likely."""
        return max(self.moments, key=lambda moment: moment.total.likely)

    @property
    def peak(self) -> Amount:
        """The most memory at any moment."""
        highest = NOTHING
        for moment in self.moments:
            highest = highest.at_least(moment.total)
        return highest

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of the peak."""
        return self.peak_moment.parts


def estimate(model: Model, setup: Setup, *, overhead: bool = True) -> Estimate:
    """The memory of one GPU; without `overhead`, only the bytes of living tensors."""
    held = states(model, setup)
    moments = _training(model, setup, held) if setup.training else _inference(model, setup, held)
    if overhead:
        moments = tuple(_with_overhead(moment) for moment in moments)
    unknown = acts.activations(model, setup) is None
    return Estimate(moments, held.total, held.host, without_activations=unknown)


def _training(model: Model, setup: Setup, held: States) -> tuple[Moment, ...]:
    """Activations shrink while gradients grow, both about evenly: the peak is at one end of the backward pass."""
    kept = acts.activations(model, setup) or NOTHING
    last = acts.head(model, setup).at_least(acts.working_set(model, setup)) * setup.batch
    always = {
        "weights": held.weights,
        "fp32 master weights": held.master,
        "optimizer state": held.optimizer,
        "gathered layer": held.gathered,
        "DDP's buckets": held.buckets,
    }
    early = held.gradients if held.gradients_stay else Amount.between(0, 0, held.gradients.high)
    backward = {
        **always,
        "gradients": early,
        "half-precision copies": held.copies,
        "activations": kept * setup.batch,
        "logits and loss" if acts.head(model, setup) else "backward at work": _beyond(last, held.first_gradient),
    }
    step = {**always, "gradients": held.gradients, "optimizer's temporaries": held.temporaries}
    return _moment("start of the backward pass", backward), _moment("optimizer step", step)


def _beyond(last: Amount, first_gradient: Amount) -> Amount:
    """What the end of the network needs at its worst: its own tensors, or instead the first gradient of weights."""
    return last.at_least(Amount(0, first_gradient.likely, first_gradient.high))


def _inference(model: Model, setup: Setup, held: States) -> tuple[Moment, ...]:
    parts = {
        "weights": held.weights,
        "KV cache": acts.cache(model, setup) * setup.batch,
        "activations": acts.inference_workspace(model, setup) * setup.batch,
    }
    return (_moment("inference", parts),)


def _moment(name: str, parts: dict[str, Amount]) -> Moment:
    return Moment(name, tuple(Part(part, size) for part, size in parts.items() if size))


def _with_overhead(moment: Moment) -> Moment:
    slack = Amount(0, 0, int(moment.total.high * SLACK))
    return Moment(moment.name, (*moment.parts, Part("CUDA context", CONTEXT), Part("allocator's slack", slack)))
