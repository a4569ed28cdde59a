"""`--show-plan`: what the files ask for, and which place won."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from devlint.doctor.config.show import Row
from devlint.report.terminal import visible


def render(plans: Sequence[tuple[str, Sequence[Row]]]) -> str:
    """Each job's values with their places; below a value, those that it overrides."""
    return "\n".join("".join(f"{line}\n" for line in _job(name, rows)) for name, rows in plans)


def _job(name: str, rows: Sequence[Row]) -> Iterator[str]:
    yield visible(name)
    if not rows:
        yield "  nothing is set"
    field = max((len(row.field) for row in rows), default=0)
    value = max((len(row.value) for row in rows), default=0)
    for row in rows:
        note = f" ({row.note})" if row.note else ""
        yield visible(f"  {row.field:<{field}}  {row.value:<{value}}  {row.place}: {row.key}{note}")
        yield from (visible(f"  {'':<{field}}  {'':<{value}}  over {weaker}") for weaker in row.overrides)
