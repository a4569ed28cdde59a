"""`torch.cuda.memory_summary`, as far as it is known here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devlint.rehearse.memory.purpose import Purpose

if TYPE_CHECKING:
    from devlint.rehearse.memory.ledger import Pool


def memory_summary(pool: Pool) -> str:
    """A table of what is held, for people; no program can count on how the real one looks."""
    rows = [("Allocated memory", pool.live), ("Peak of it", pool.since_reset)]
    rows += [(f"  {purpose.label}", pool.by_purpose[purpose]) for purpose in Purpose]
    lines = [f"| {what:<24} | {size / 2**20:>12.1f} MiB |" for what, size in rows]
    rule = "-" * len(lines[0])
    title = f"| {f'Memory of the pretended {pool.device}':<{len(rule) - 4}} |"
    return "\n".join([rule, title, rule, *lines, rule])
