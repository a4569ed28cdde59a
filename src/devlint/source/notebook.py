"""The Python cells of a Jupyter notebook (nbformat 3 and 4)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from devlint.source.text import SourceError, normalise_newlines, one_line

_PYTHON = frozenset({"python", "ipython", "pyspark"})


def python_cells(data: bytes) -> Iterator[tuple[int, str]]:
    """Each code cell as (number, source); cells of all types count, from 1. A notebook in R or Julia has none.

    Raises `SourceError` where the bytes are no notebook.
    """
    notebook = _load(data)
    if _language(notebook) not in _PYTHON:
        return
    for number, cell in enumerate(_cells(notebook), start=1):
        if not isinstance(cell, dict):
            raise SourceError(f"not a notebook: its cell {number} is no JSON object")
        if cell.get("cell_type") == "code" and str(cell.get("language", "python")).lower() in _PYTHON:
            yield number, _source(cell)


def _load(data: bytes) -> dict[str, Any]:
    try:
        notebook = json.loads(data)
    except json.JSONDecodeError as error:
        raise SourceError(f"not a notebook: not valid JSON ({error.msg})", error.lineno) from None
    except (ValueError, RecursionError) as error:
        raise SourceError(f"not a notebook: not readable as JSON ({one_line(error)})") from None
    if not isinstance(notebook, dict):
        raise SourceError("not a notebook: its JSON is no object")
    return notebook


def _language(notebook: dict[str, Any]) -> str:
    """The language of the kernel; Python where the notebook does not say."""
    for section, key in (("language_info", "name"), ("kernelspec", "language")):
        try:
            name = notebook["metadata"][section][key]
        except (KeyError, TypeError):
            continue
        if isinstance(name, str):
            return name.lower()
    return "python"


def _cells(notebook: Any) -> list[Any]:
    """All cells in order: under `cells` in nbformat 4, in `worksheets` in nbformat 3."""
    match notebook:
        case {"cells": [*cells]}:
            return cells
        case {"worksheets": [*sheets]}:
            return [cell for sheet in sheets for cell in _cells(sheet)]
    raise SourceError("not a notebook: it has no list of `cells`")


def _source(cell: dict[str, Any]) -> str:
    r"""A code cell's text; JSON can hold what no source can, null characters and lone surrogates: U+FFFD there."""
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if not isinstance(source, str):
        return ""
    source = source.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return normalise_newlines(source).replace("\0", "\N{REPLACEMENT CHARACTER}")
