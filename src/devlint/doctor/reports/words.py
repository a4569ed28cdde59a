"""Memory in words, the same in all reports."""

from __future__ import annotations

from collections.abc import Sequence

from devlint.doctor.memory import Amount, Change, Kind, show_bytes, show_count
from devlint.doctor.memory.budget import Budget
from devlint.doctor.memory.setup import Setup


def heading(budget: Budget) -> str:
    """What is run, and where: `7B parameters, training in bf16 with adamw, batch 4 of 4096 tokens, on RTX 3060`."""
    model, setup = budget.model, budget.setup
    parts = [f"{show_count(model.parameters)} parameters", _how(setup)]
    samples = f"batch {setup.batch}"
    if model.tokens is None and (model.activations_per_sample is None or model.vocabulary):
        samples += f" of {setup.sequence} tokens"
    parts.append(samples)
    if setup.accumulation > 1:
        parts.append(f"{setup.accumulation} steps accumulated")
    if setup.checkpointing:
        parts.append("gradient checkpointing")
    if setup.zero:
        parts.append(f"ZeRO {setup.zero} over {setup.world} GPUs")
    return ", ".join(parts)


def _how(setup: Setup) -> str:
    if not setup.training:
        return f"inference in {setup.dtype}"
    if setup.lora_rank is not None:
        return f"LoRA of rank {setup.lora_rank} on {setup.dtype} weights with {setup.optimizer}"
    return f"training in {setup.dtype} with {setup.optimizer}"


def verdict(budget: Budget) -> str:
    """Whether it fits, in one sentence."""
    peak = budget.estimate.peak
    if budget.memory is None:
        return f"It needs {peak} of GPU memory; no GPU is at hand to compare with (name one with --gpu)."
    card = f"{budget.card} ({show_bytes(budget.memory)})"
    sure = "" if budget.is_sure else "most likely "
    if not budget.fits:
        return f"It {sure}does not fit on {card}: it needs {peak}."
    return f"It {sure}fits on {card}: it needs {peak}."


def batches(budget: Budget) -> str | None:
    """The largest batch, in one sentence; None where no GPU is at hand."""
    fit = budget.fit
    if fit is None:
        return None
    if not fit.likely:
        return "Not even one sample at a time fits." if budget.setup.training else "Not even one sequence fits."
    if fit.sure == fit.likely:
        return f"The largest batch that fits is {fit.likely}."
    least = f"{fit.sure} fits for sure" if fit.sure else "none is sure to fit"
    return f"The largest batch that fits is most likely {fit.likely}; {least}."


def caveats(budget: Budget) -> list[str]:
    """What the reader should know about the figures."""
    notes = []
    if budget.model.guessed and budget.model.layers:
        model = budget.model
        shape = f"{model.layers} layers of {model.hidden}"
        notes.append(f"The shape is guessed from the number of parameters ({shape}): --model config.json knows it.")
    if budget.estimate.without_activations:
        notes.append("The activations are not in it, because nothing tells their size: give --activations SIZE.")
    if budget.estimate.host:
        notes.append(f"Each node also needs {budget.estimate.host} of RAM for what is offloaded and for loading.")
    training = budget.setup.training
    if training and budget.fit is not None and 0 < budget.fit.likely < 8:
        norms = ", and prefer GroupNorm to BatchNorm" if budget.model.kind is Kind.OTHER else ""
        notes.append(f"Such small batches make noisy gradients: accumulate over several{norms}.")
    if not training and budget.memory is not None and budget.estimate.moments[0].parts[0].size.low > budget.memory:
        notes.append("The weights alone are larger than the GPU's memory.")
    return notes


def change(change: Change) -> str:
    """What a change comes to, and what it costs."""
    reached = "fits" if change.fits else "still too much"
    return f"{show_bytes(change.peak.likely)}, {reached}; {change.cost}"


def table(budget: Budget) -> list[tuple[str, ...]]:
    """The likely size of each part at each moment, the sums and their ranges; the header first."""
    moments = budget.estimate.moments
    names = dict.fromkeys(part.name for moment in moments for part in moment.parts)
    sizes = [{part.name: part.size for part in moment.parts} for moment in moments]
    rows = [("at the", *(moment.name for moment in moments))]
    for name in names:
        if any(name in each and each[name].likely for each in sizes):
            rows.append((name, *(_cell(each.get(name)) for each in sizes)))
    rows.append(("together", *(show_bytes(moment.total.likely) for moment in moments)))
    rows.append(("at least", *(show_bytes(moment.total.low) for moment in moments)))
    rows.append(("at most", *(show_bytes(moment.total.high) for moment in moments)))
    return rows


def _cell(size: Amount | None) -> str:
    return show_bytes(size.likely) if size is not None and size.likely else ""


def listed(names: Sequence[str], most: int = 4) -> str:
    """The first few names, and how many more there are."""
    more = f"; and {len(names) - most} more" if len(names) > most else ""
    return "; ".join(names[:most]) + more
