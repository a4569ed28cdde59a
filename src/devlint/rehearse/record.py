"""A rehearsal as one JSON object, for programs; docs/rehearse.md describes each key."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from devlint.rehearse.memory.purpose import Purpose
from devlint.report.records import records

if TYPE_CHECKING:
    from devlint.rehearse.memory.figures import MemoryFigures, Row
    from devlint.rehearse.run import Outcome
    from devlint.rehearse.traffic import Crossing
    from devlint.report import RunReport


def as_json(report: RunReport, outcome: Outcome) -> str:
    """The text of the file: findings are those of `--output-format json`, sizes are in bytes."""
    record = {
        "devlint": report.version,
        "steps": outcome.steps,
        "findings": list(records(report)),
        "errors": [{"path": each.path, "message": each.message} for each in outcome.failures],
        "memory": [_memory(each) for each in outcome.memory],
        "largest_batch": asdict(outcome.largest) if outcome.largest else None,
        "traffic": [_crossing(each) for each in outcome.traffic],
        "invented": [{"place": name, "text": text, "count": count} for name, text, count in outcome.invented],
    }
    return json.dumps(record, indent=2) + "\n"


def split(sizes: tuple[int, ...]) -> dict[str, int]:
    """Sizes by the name of their purpose."""
    return {purpose.name.lower(): sizes[purpose] for purpose in Purpose}


def _memory(figures: MemoryFigures) -> dict[str, Any]:
    return {
        "device": figures.device,
        "card": figures.card,
        "capacity": figures.capacity,
        "context": figures.context,
        "peak": figures.peak,
        "at_peak": split(figures.by_purpose),
        "by_module": [{"module": row.name, **_row(row)} for row in figures.by_module],
        "by_line": [{"place": row.name, "text": row.text, **_row(row)} for row in figures.by_line],
        "growth": asdict(figures.growth) if figures.growth else None,
        "timeline": [{"allocations": when, **split(sizes)} for when, sizes in figures.timeline],
        "steps": list(figures.steps),
    }


def _row(row: Row) -> dict[str, Any]:
    return {"size": row.size, **split(row.by_purpose)}


def _crossing(crossing: Crossing) -> dict[str, Any]:
    return {
        "kind": crossing.kind.name.lower(),
        "waits": crossing.kind.waits,
        "place": crossing.name,
        "text": crossing.text,
        "count": crossing.count,
        "size": crossing.size,
        "each_step": crossing.each_step,
    }
