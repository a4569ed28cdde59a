"""The words of a command line: text in which each character knows where it was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from devlint.doctor.config.nodes import Node, Places

HOLE = "\0"
"""Stands in a word's text for what cannot be known, such as an unset variable; no shell text holds this character."""

LONGEST = 8_000
"""Characters of a word; variables that double themselves end here."""


class Origin(NamedTuple):
    """Where a character comes from: offsets into the file's text, the variable that brought it here (`note`), why it is
    not known (`reason`), and whether it may be otherwise (`certain` is False for what a branch assigns)."""

    start: int
    end: int
    note: str | None = None
    reason: str | None = None
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Word:
    """One word, quotes removed and variables put in. `home` is its own place, for an empty one."""

    text: str
    origins: tuple[Origin, ...]
    home: tuple[int, int]

    @classmethod
    def whole(cls, text: str, start: int, end: int) -> Word:
        """A word written from `start` to `end`; where lengths agree, each character has its own place."""
        if len(text) == end - start:
            return cls(text, tuple(Origin(at, at + 1) for at in range(start, end)), (start, end))
        return cls(text, (Origin(start, end),) * len(text), (start, end))

    @property
    def is_known(self) -> bool:
        """Whether there is no hole in it."""
        return HOLE not in self.text

    def part(self, start: int, end: int | None = None) -> Word:
        """The characters from `start` to `end`."""
        origins = self.origins[start:end]
        return Word(self.text[start:end], origins, (origins[0].start, origins[-1].end) if origins else self.home)

    def split(self) -> Iterator[Word]:
        """The pieces between white space."""
        start = None
        for index, character in enumerate(self.text + " "):
            if character.isspace():
                if start is not None:
                    yield self.part(start, index)
                start = None
            elif start is None:
                start = index

    def through(self, name: str) -> Word:
        """The same as the value of a variable; characters that went through another one before keep that name."""
        note = f"`${name}`"
        return replace(self, origins=tuple(each if each.note else each._replace(note=note) for each in self.origins))

    def uncertain(self) -> Word:
        """The same, if a branch is taken."""
        return replace(self, origins=tuple(each._replace(certain=False) for each in self.origins))

    def node(self, places: Places) -> Node:
        """The word as a value, at the longest stretch of it that is written in one piece."""
        start, end = self._longest_run() if self.origins else self.home
        reason = next((each.reason for each in self.origins if each.reason), "it is not known here")
        notes = dict.fromkeys(each.note for each in self.origins if each.note)
        return Node(
            self.text if self.is_known else None,
            places.at(start, end),
            self.text.replace(HOLE, ""),
            None if self.is_known else reason,
            ", ".join(notes) or None,
            all(each.certain for each in self.origins),
        )

    def _longest_run(self) -> tuple[int, int]:
        runs, first = [], self.origins[0]
        for one, next_one in pairwise((*self.origins, Origin(-9, -9))):
            if not (one[:2] == next_one[:2] or one.end <= next_one.start <= one.end + 1):
                runs.append((first.start, one.end))
                first = next_one
        return max(runs, key=lambda run: run[1] - run[0])


def joined(words: Iterable[Word], home: tuple[int, int]) -> Word:
    """The words one after the other, without anything between."""
    parts = tuple(words)
    text = "".join(word.text for word in parts)[:LONGEST]
    return Word(text, tuple(origin for word in parts for origin in word.origins)[: len(text)], home)


def hole(start: int, end: int, reason: str) -> Word:
    """A word that cannot be known, because."""
    return Word(HOLE, (Origin(start, end, reason=" ".join(reason.split())),), (start, end))
