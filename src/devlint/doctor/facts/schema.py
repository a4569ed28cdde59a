"""JSON Schema that is the same whichever releases of Python and msgspec wrote it.

Python 3.13 takes the indentation out of docstrings and msgspec does so since 0.23, which also began to write the
default of a mapping. Published schemas must not change with the machine that generates them.
"""

from __future__ import annotations

import inspect
from typing import Any


def settled(schema: Any) -> Any:
    """The schema with descriptions without indentation, and without the empty defaults of mappings."""
    if isinstance(schema, list):
        return [settled(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: settled(value) for key, value in schema.items()}
    if isinstance(kept.get("description"), str):
        kept["description"] = inspect.cleandoc(kept["description"])
    if kept.get("type") == "object" and kept.get("default") == {}:
        del kept["default"]
    return kept
