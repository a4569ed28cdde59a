"""What fixing changes, as a unified diff."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

from devlint.findings import Fixed
from devlint.source.text import SourceError, encoding_of


def diff(path: str, fixed: Fixed) -> str:
    """The diff of one file, as `patch` reads it; a notebook's is one of its JSON."""
    return "".join(_lines(path, fixed))


def _lines(path: str, fixed: Fixed) -> Iterator[str]:
    encoding = _encoding(path, fixed.before)
    before, after = (data.decode(encoding, "replace").splitlines(keepends=True) for data in (fixed.before, fixed.after))
    for line in unified_diff(before, after, path, path):
        yield line if line.endswith(("\n", "\r")) else f"{line}\n\\ No newline at end of file\n"


def _encoding(path: str, data: bytes) -> str:
    try:
        return "utf-8" if path.lower().endswith(".ipynb") else encoding_of(data)
    except SourceError:
        return "utf-8"
