"""What a reader is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from devlint.doctor.config.claims import Claims, Keys
from devlint.doctor.config.documents import Document, Library
from devlint.doctor.config.syntax.words import Word

ENVIRONMENT, GRANT, CONFIG, LAUNCHER, ARGUMENTS, COMMAND = 10, 20, 40, 60, 70, 90
"""Strengths: variables in files, what a scheduler or container grants, config files, a launcher's options, a script's
arguments, the command line that the user gave to devlint itself."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader may use: other files, and the variables that a script is started with (`1`: its first argument)."""

    library: Library
    variables: Mapping[str, Word] = field(default_factory=dict)


class Reader(ABC):
    """Base class. `general` readers are asked last, as they recognise what others also would."""

    name: ClassVar[str]
    framework: ClassVar[str | None] = None
    strength: ClassVar[int] = CONFIG
    keys: ClassVar[Keys] = {}
    general: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def detects(cls, document: Document) -> bool:
        """Whether a document is of this format, by its content."""

    def read(self, document: Document, claims: Claims, context: Context) -> None:
        """Say what the document asks for; by default what the table of keys says."""
        if document.root is not None:
            claims.table(document.root, self.keys)
