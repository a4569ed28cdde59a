"""Bytes to the text that is analysed, and back to places in the file."""

from devlint.source.document import Document
from devlint.source.text import SourceError

__all__ = ["Document", "SourceError"]
