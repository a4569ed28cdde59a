"""Text -> LibCST tree, and nodes -> places."""

from devlint.parse.positions import spans_of
from devlint.parse.tree import ParseFailure, parse

__all__ = ["ParseFailure", "parse", "spans_of"]
