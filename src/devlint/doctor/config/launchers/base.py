"""What a launcher is."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from devlint.doctor.config.claims import Claims, Keys
from devlint.doctor.config.nodes import Node, Places
from devlint.doctor.config.options import Option, Options
from devlint.doctor.config.syntax.words import Word

PYTHON = re.compile(r"python(?:[23](?:\.\d+)?)?w?(?:\.exe)?")

_SUGGESTION = 5


@dataclass(slots=True)
class Launch:
    """One command being read: `claims` are the launchers', `arguments` the stronger ones of the script."""

    places: Places
    claims: Claims
    arguments: Claims
    is_program: Callable[[Word], bool] = lambda word: False
    launcher: str | None = None
    runs: bool = False
    """Whether the reading has come to a program that does the work."""
    inside: Word | None = None
    """The text of `bash -c`, to be read as a script."""

    def inner(self, words: Sequence[Word]) -> tuple[Sequence[Word], Sequence[Word]]:
        """A wrapper's own words, and the command from the first word on that is the name of a program."""
        at = next((index for index, word in enumerate(words) if self.is_program(word)), len(words))
        return words[:at], words[at:]

    def starts(self, name: str, word: Word) -> None:
        """Note the launcher; the innermost one counts."""
        self.launcher = name
        self.claims.add("launcher", name, word.text, word.node(self.places))

    def framework(self, name: str, word: Word) -> None:
        """Note what the launcher itself suggests; a config or arguments of another framework count more."""
        weak = Claims(_SUGGESTION, claims=self.claims.claims)
        weak.add("framework", name, word.text, word.node(self.places))

    def script(self, word: Word) -> None:
        """Note the script that is run."""
        self.runs = True
        node = word.node(self.places)
        if node.unknown is None:
            self.claims.add("script", node.value, "script", node)

    def node(self, option: Option) -> Node:
        """An option's value: True for a flag, a sequence for several words."""
        if not option.values:
            word = option.word.node(self.places)
            return Node(True, word.location, "", None, word.note, word.certain)
        if len(option.values) == 1:
            return option.values[0].node(self.places)
        nodes = tuple(value.node(self.places) for value in option.values)
        return Node(nodes, nodes[0].location)

    def table(self, found: Options, keys: Keys) -> None:
        """Apply a launcher's table to its options."""
        for option in found.named:
            if (key := keys.get(option.key)) is not None:
                self.claims.apply(key, option.name, self.node(option))


class Launcher(ABC):
    """Base class. `programs` are its commands, `modules` its names behind `python -m`."""

    programs: ClassVar[frozenset[str]] = frozenset()
    modules: ClassVar[frozenset[str]] = frozenset()
    keys: ClassVar[Keys] = {}
    flags: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def read(self, program: Word, words: Sequence[Word], launch: Launch) -> Sequence[Word]:
        """Claim what the options say; `words` follow the program's name. Returns the command that it starts."""
