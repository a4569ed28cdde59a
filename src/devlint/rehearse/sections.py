"""What a rehearsal measured, as text: memory and traffic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from devlint.rehearse.memory.purpose import Purpose
from devlint.report.terminal import Paint, visible

if TYPE_CHECKING:
    from devlint.rehearse.memory.batch import LargestBatch
    from devlint.rehearse.memory.figures import MemoryFigures, Row
    from devlint.rehearse.run import Outcome
    from devlint.rehearse.traffic import Crossing

_MOST_ROWS = 8


def sections(outcome: Outcome, paint: Paint) -> str:
    """The sections, each line with its newline; empty if no device was used."""
    used = [figures for figures in outcome.memory if figures.peak]
    lines = [line for figures in used for line in _memory(figures, paint)]
    if outcome.largest:
        lines += [_largest(outcome.largest, paint), ""]
    if used:
        lines += _traffic(outcome.traffic, paint)
    if outcome.invented:
        lines += [paint("strong", "Invented values"), *_invented(outcome.invented), ""]
    return "".join(f"{line}\n" for line in lines)


def amount(size: float) -> str:
    """Bytes for people, in MiB and GiB."""
    if size >= 10 * 2**30:
        return f"{size / 2**30:.1f} GiB"
    if size >= 2**30:
        return f"{size / 2**30:.2f} GiB"
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 / 10 else f"{size / 2**10:.1f} KiB"


def _memory(figures: MemoryFigures, paint: Paint) -> Iterator[str]:
    title = f"Memory of {figures.device} ({figures.card}, {amount(figures.capacity)})"
    yield paint("strong", title) + f": peak {amount(figures.peak)} of tensors"
    total = sum(figures.by_purpose) or 1
    for purpose in Purpose:
        size = figures.by_purpose[purpose]
        if size:
            yield f"  {amount(size):>10}  {size / total:>4.0%}  {purpose.label}"
    yield from _rows("by module", figures.by_module, paint)
    yield from _rows("by line", figures.by_line, paint)
    if figures.growth:
        growth = figures.growth
        yield paint("warning", f"  Each step leaves {amount(growth.each_step)} more behind than the one before,")
        yield f"  most of it taken at {growth.name}  {visible(growth.text)}"
    yield ""


def _largest(found: LargestBatch, paint: Paint) -> str:
    return (
        f"{paint('strong', 'Largest batch that fits')}: {found.size}, with a peak of {amount(found.peak)} of the "
        f"{amount(found.room)} there are for tensors; each sample takes {amount(found.each_sample)}"
    )


def _rows(title: str, rows: Sequence[Row], paint: Paint) -> Iterator[str]:
    yield "  " + paint("strong", title)
    for row in rows[:_MOST_ROWS]:
        yield f"  {amount(row.size):>10}  {visible(row.name)}  {visible(row.text)}".rstrip()
    rest = rows[_MOST_ROWS:]
    if rest:
        yield f"  {amount(sum(row.size for row in rest)):>10}  in {len(rest)} more"


def _traffic(crossings: Sequence[Crossing], paint: Paint) -> Iterator[str]:
    if not crossings:
        return
    title = paint("strong", "Traffic between host and device")
    if crossings[0].each_step is not None:
        times = sum(each.each_step or 0 for each in crossings if each.kind.waits)
        title += f": in each step, the host waits {times:.3g} \u00d7 for the device"
    yield title
    yield "   each step    in all"
    for each in crossings[: 2 * _MOST_ROWS]:
        often = "-" if each.each_step is None else f"{each.each_step:.3g}"
        size = f" ({amount(each.size)})" if each.size else ""
        yield f"  {often:>10}  {each.count:>8}  {each.name}  {visible(each.text)}  {each.kind.value}{size}"
    if len(crossings) > 2 * _MOST_ROWS:
        yield f"  and {len(crossings) - 2 * _MOST_ROWS} more places"
    yield ""


def _invented(places: Iterable[tuple[str, str, int]]) -> Iterator[str]:
    for name, text, count in places:
        yield f"  {count:>10}  {name}  {visible(text)}"
