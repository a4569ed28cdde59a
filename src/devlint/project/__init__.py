"""The files that a checked file imports: where they are, and what stands under a name in them. Nothing is imported.

One file is enough for everything: what cannot be found below the source roots stays unknown.
"""

from devlint.project.index import Binding, FileIndex, Kind
from devlint.project.project import Project, Symbol

__all__ = ["Binding", "FileIndex", "Kind", "Project", "Symbol"]
