"""Text -> LibCST tree, and nodes -> places and edits."""

from devlint.parse.edits import Editor
from devlint.parse.positions import Places
from devlint.parse.tree import ParseFailure, parse

__all__ = ["Editor", "ParseFailure", "Places", "parse"]
