"""What a run found, as text: one small class per format, each in its own file of `devlint.report.formats`.

A format is named for its file and its class for the format; nothing else lists them, and none is imported before it is
asked for.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from devlint.report import formats
from devlint.report.interface import RenderOptions, Reporter, RunReport
from devlint.report.text import render_failures

__all__ = ["FORMATS", "RenderOptions", "Reporter", "RunReport", "get", "render_failures"]

FORMATS: tuple[str, ...] = tuple(sorted(module.name for module in iter_modules(formats.__path__)))
"""The names of all formats."""


def get(name: str) -> Reporter:
    """The format of that name. Raises `ValueError`, naming the nearest format, for any that is not in `FORMATS`."""
    if name not in FORMATS:
        raise ValueError(_unknown(name))
    reporter: Reporter = getattr(import_module(f"{formats.__name__}.{name}"), name.capitalize())()
    return reporter


def _unknown(name: str) -> str:
    from difflib import get_close_matches  # slow to import, and only needed on the way to an error

    near = get_close_matches(name, FORMATS, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(FORMATS)}"
    return f"unknown output format {name!r}: {hint}"
