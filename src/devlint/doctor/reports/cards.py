"""Cards of the catalogue for people: one explained to a beginner, several side by side, and lists; and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

from devlint.doctor.catalog import architectures, series, wheels
from devlint.doctor.catalog.card import GIB, Card, Segment
from devlint.doctor.facts.gpu import GpuVendor
from devlint.doctor.memory import show_count
from devlint.doctor.reports.fits import TOKENS, Fit, fits
from devlint.report.terminal import Paint

_VENDORS = {GpuVendor.NVIDIA: "NVIDIA", GpuVendor.AMD: "AMD", GpuVendor.APPLE: "Apple", GpuVendor.INTEL: "Intel"}
_NEEDS = {
    "fp16": "needs tensor cores: Volta (7.0) or newer, and no GTX",
    "bf16": "needs Ampere (8.0) or newer",
    "tf32": "needs Ampere (8.0) or newer",
    "fp8": "needs Ada Lovelace (8.9) or newer",
}
_USES = {
    "fp16": "half the memory; train with a GradScaler",
    "bf16": "half the memory, with the range of fp32",
    "tf32": "for fp32 code, once it is switched on",
    "fp8": "through Transformer Engine or torchao",
}
_LABEL = 16
_CELL = 20
_INDENT = "  "


def explained(card: Card, width: int, paint: Paint) -> Iterator[str]:
    """The lines which explain one card."""
    yield paint("strong", card.name)
    yield f"{_VENDORS[card.vendor]}, {card.architecture}, {card.year}, {_segment(card)}"
    yield ""
    yield from _numbers(card, width)
    if parts := series.meaning(card):
        yield from ("", paint("strong", "What the name says"))
        for part, text in parts:
            yield from _labelled(part, text, width)
    yield from ("", paint("strong", "Number formats in the matrix units"))
    yield from _formats(card, width)
    yield from ("", paint("strong", "PyTorch"))
    yield from _wheels(card, width)
    yield from ("", paint("strong", f"What fits in {_memory(card.vram)}"))
    yield from _fits(card, width)


def _segment(card: Card) -> str:
    return {"datacenter": "data centre card", "integrated": "part of a processor"}.get(
        card.segment, f"{card.segment} card"
    )


def _numbers(card: Card, width: int) -> Iterator[str]:
    shared = ", shared with the processor" if card.unified else ""
    yield from _labelled("VRAM", f"{_memories(card)}{shared}: the most important number", width)
    if card.bandwidth is not None:
        yield from _labelled("bandwidth", f"{_bandwidth(card)}: how fast it reads weights", width)
    if card.fp32 is not None:
        yield from _labelled("fp32", f"{_rate(card.fp32)}: the ordinary number format", width)
    if card.tdp is not None:
        yield from _labelled("power", f"{card.tdp} W at most", width)


def _formats(card: Card, width: int) -> Iterator[str]:
    known = architectures.formats(card)
    for name, use in _USES.items():
        has, rate = getattr(known, name), getattr(card, name)
        if has:
            text = f"yes, {_rate(rate)}: {use}" if rate else f"yes: {use}"
        elif has is None:
            text = "not known"
        else:
            text = f"no: {_NEEDS[name]}" if card.vendor is GpuVendor.NVIDIA else "no"
        yield from _labelled(name, text, width)


def _wheels(card: Card, width: int) -> Iterator[str]:
    if card.compute_capability is not None:
        yield from _labelled("capability", f"{_capability(card)}, the version of its instructions", width)
        yield from _labelled("wheels", _tags(card), width)
        if tags := wheels.wheels_for(card.compute_capability, _machine(card)):
            yield f"{_INDENT}pip install torch --index-url https://download.pytorch.org/whl/{tags[-1]}"
    elif card.gfx is not None:
        yield from _labelled("target", f"{card.gfx}, which a ROCm wheel must have been built for", width)
    elif card.vendor is GpuVendor.APPLE:
        yield from _labelled("device", "mps, in every wheel for macOS", width)
    else:
        yield from _labelled("device", "xpu, in the wheels of https://download.pytorch.org/whl/xpu", width)


def _fits(card: Card, width: int) -> Iterator[str]:
    for fit in fits(card):
        yield from _labelled(fit.use, f"{_size(fit):<6} in {fit.dtype}", width)
    note = (
        f"Parameters of a usual language model, one sample of {TOKENS} tokens; training with AdamW and gradient "
        "checkpointing. Fewer with larger batches, on a card that also drives a display, or beside other processes."
    )
    if len(card.memory) > 1:
        note += " For another size of memory, name it with the card."
    yield from textwrap.wrap(note, width, initial_indent=_INDENT, subsequent_indent=_INDENT)


def _labelled(label: str, text: str, width: int) -> Iterator[str]:
    """`label` in a column of its own, `text` wrapped beside it."""
    column = f"{_INDENT}{label:<{_LABEL}} "
    yield from textwrap.wrap(
        text,
        width,
        initial_indent=column,
        subsequent_indent=" " * len(column),
        break_long_words=False,
        break_on_hyphens=False,
    )


def compared(cards: Sequence[Card], width: int, paint: Paint) -> Iterator[str]:
    """The lines of a table with a column for each card; several tables if the terminal is too narrow."""
    beside = max(1, (width - len(_INDENT) - _LABEL - 1) // _CELL)
    for start in range(0, len(cards), beside):
        if start:
            yield ""
        yield from _table(cards[start : start + beside], paint)


def _table(cards: Sequence[Card], paint: Paint) -> Iterator[str]:
    for line in _row("", [card.name for card in cards]):
        yield paint("strong", line)
    for label, cell in _COLUMNS.items():
        yield from _row(label, [cell(card) for card in cards])
    yield ""
    yield f"{_INDENT}Largest model that fits (parameters)"
    for same in zip(*map(fits, cards), strict=True):
        yield from _row(same[0].use, [f"{_size(fit):<5} {fit.dtype}" for fit in same])


def _row(label: str, cells: Sequence[str]) -> Iterator[str]:
    """The cells beside each other under a label; those too long for their column take several lines."""
    wrapped = [textwrap.wrap(cell, _CELL - 2, break_long_words=False) for cell in cells]
    for number, parts in enumerate(zip_longest(*wrapped, fillvalue="")):
        first = f"{_INDENT}{label if number == 0 else '':<{_LABEL}} "
        yield (first + "".join(f"{part:<{_CELL}}" for part in parts)).rstrip()


def listed(cards: Sequence[Card]) -> Iterator[str]:
    """A line for each card."""
    width = max((len(card.name) for card in cards), default=0)
    for card in cards:
        target = _capability(card) if card.compute_capability else card.gfx or ""
        bandwidth = _bandwidth(card) if card.bandwidth else ""
        sizes = "/".join(f"{size / GIB:g}" for size in card.memory)
        yield f"{card.name:<{width}}  {sizes:>12} GB  {bandwidth:>9}  {card.year}  {target:<7}  {card.segment}"


def as_object(card: Card, *, with_fits: bool) -> dict[str, Any]:
    """A card for JSON: sizes in bytes, bandwidth in bytes a second, rates in TFLOP/s; None is "not known, or none".

    With the models that fit only if asked: they take 20 ms.
    """
    capability = card.compute_capability
    tags = wheels.wheels_for(capability, _machine(card)) if capability else ()
    known = architectures.formats(card)
    row: dict[str, Any] = {
        "name": card.name,
        "vendor": card.vendor,
        "architecture": card.architecture,
        "generation": series.generation(card),
        "tier": series.tier(card),
        "segment": card.segment,
        "year": card.year,
        "memory": list(card.memory),
        "unified": card.unified,
        "bandwidth": card.bandwidth,
        "bus_width": card.bus_width,
        "tdp": card.tdp,
        "compute_capability": _capability(card) if capability else None,
        "gfx": card.gfx,
        "tflops": {each: getattr(card, each) for each in ("fp32", *_USES)},
        "hardware": {each: getattr(known, each) for each in _USES},
        "wheels": list(tags),
        "source": card.source,
        "date": card.date,
    }
    if with_fits:
        row["fits"] = [{"use": fit.use, "dtype": fit.dtype, "parameters": fit.parameters} for fit in fits(card)]
    return row


def _memory(size: int) -> str:
    return f"{size / GIB:g} GB"


def _memories(card: Card) -> str:
    *others, last = (f"{size / GIB:g}" for size in card.memory)
    return f"{', '.join(others)} or {last} GB" if others else f"{last} GB"


def _bandwidth(card: Card) -> str:
    return f"{card.bandwidth / 1e9:.0f} GB/s" if card.bandwidth is not None else "not known"


def _rate(rate: float) -> str:
    return f"{rate:.0f} TFLOP/s" if rate >= 100 else f"{rate:.3g} TFLOP/s"


def _capability(card: Card) -> str:
    return ".".join(map(str, card.compute_capability or ()))


def _size(fit: Fit) -> str:
    return show_count(fit.parameters) if fit.parameters else "none"


def _machine(card: Card) -> str:
    """What processor the card comes with, which decides between wheels."""
    is_arm = card.segment is Segment.EMBEDDED or card.name.startswith(("GH", "GB"))
    return "aarch64" if is_arm else "x86_64"


def _tags(card: Card) -> str:
    """The wheels which run on a card, in words."""
    capability = card.compute_capability
    if capability is None:
        return "-"
    if tags := wheels.wheels_for(capability, _machine(card)):
        return " to ".join(dict.fromkeys((tags[0], tags[-1])))
    if card.segment is Segment.EMBEDDED:
        return "NVIDIA's own, for JetPack"
    last = wheels.last_torch_for(capability, _machine(card))
    return f"the last is torch {last}" if last else "none"


def _format_cell(name: str) -> Callable[[Card], str]:
    def cell(card: Card) -> str:
        has, rate = getattr(architectures.formats(card), name), getattr(card, name)
        if has is None:
            return "not known"
        return (_rate(rate) if rate else "yes") if has else "no"

    return cell


_COLUMNS: dict[str, Callable[[Card], str]] = {
    "VRAM": _memories,
    "bandwidth": _bandwidth,
    "architecture": lambda card: card.architecture,
    "year": lambda card: str(card.year),
    "tier": lambda card: series.tier(card) or "-",
    "kind": lambda card: card.segment.value,
    "power": lambda card: f"{card.tdp} W" if card.tdp else "not known",
    "fp32": lambda card: _rate(card.fp32) if card.fp32 else "not known",
    **{name: _format_cell(name) for name in _USES},
    "capability": lambda card: _capability(card) or card.gfx or "-",
    "wheels": _tags,
}
