"""The memory of a GPU against what a job needs: all that a report says of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from devlint.doctor.memory.amount import Amount
from devlint.doctor.memory.estimate import Estimate, estimate
from devlint.doctor.memory.fit import Change, Fit, advise, largest_batch
from devlint.doctor.memory.model import Model
from devlint.doctor.memory.setup import Setup


@dataclass(frozen=True, slots=True)
class Budget:
    """A job's need; `card` and `memory` (bytes) are None where no GPU is at hand, and then so is `fit`.

    `curve` is the peak by batch, for batches around the job's own and the largest that fits.
    """

    model: Model
    setup: Setup
    estimate: Estimate
    curve: tuple[tuple[int, Amount], ...]
    card: str | None = None
    memory: int | None = None
    fit: Fit | None = None
    changes: tuple[Change, ...] = ()

    @property
    def fits(self) -> bool | None:
        """Whether it fits: True if it most likely does, None if no GPU is at hand."""
        return None if self.memory is None else self.estimate.peak.likely <= self.memory

    @property
    def is_sure(self) -> bool:
        """Whether the answer of `fits` holds over the whole range."""
        peak = self.estimate.peak
        return self.memory is not None and (peak.high <= self.memory or peak.low > self.memory)


def budget(model: Model, setup: Setup, card: str | None = None, memory: int | None = None) -> Budget:
    """What a job needs, and what that means for a GPU with so many bytes."""
    fit = None if memory is None else largest_batch(model, setup, memory)
    most = max(4, setup.batch, 0 if fit is None else min(fit.likely, 64 * setup.batch)) * 5 // 4
    batches = sorted({1, setup.batch, *(max(1, round(most * step / 8)) for step in range(1, 9))})
    return Budget(
        model=model,
        setup=setup,
        estimate=estimate(model, setup),
        curve=tuple((batch, estimate(model, replace(setup, batch=batch)).peak) for batch in batches),
        card=card,
        memory=memory,
        fit=fit,
        changes=() if memory is None else advise(model, setup, memory),
    )
