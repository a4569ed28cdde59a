"""What makes code worth a look."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from devlint.source.screen.segments import Segment


@dataclass(frozen=True, slots=True)
class Trigger:
    """What must stand in code for a rule to report on it: one of `words`, between `before` and `after` (patterns).

    `before` may look back to the line before the word's own, and `after` ahead to the end of the next one.
    """

    words: frozenset[str]
    before: str = ""
    after: str = ""
    instead: str = ""
    """A regular expression to use instead of one made of the words; one of these must still be there."""
    accepts: Callable[[str], bool] | None = None
    """A function of the definition's text, instead of a regular expression."""
    file: str = ""
    """A regular expression that something in the file must match, wherever the definition stands."""
    travels: bool = False
    """What it makes may be handed on, so that a finding may come up in code which uses this one."""

    def stands_in(self, segment: Segment) -> bool:
        """Whether it is there."""
        if self.accepts is not None:
            return not self.words.isdisjoint(segment.words) and self.accepts(segment.text)
        return next(self.places_in(segment), None) is not None

    def places_in(self, segment: Segment) -> Iterator[int]:
        """Where it is, as indices of the text in no order; not for a trigger that `accepts`."""
        present = self.words & segment.words
        if not present:
            return
        if self.instead:
            yield from (match.start() for match in _compiled(self.instead).finditer(segment.text))
            return
        for word in present:
            pattern = _compiled(rf"{self.before}\b{re.escape(word)}\b{self.after}")
            for index in segment.places_of(word):  # a plain search first costs a tenth of a regular expression's
                match = pattern.search(segment.text, *_around(index, segment.text))
                if match is not None:
                    yield match.start()


def _around(index: int, text: str) -> tuple[int, int]:
    """The line of an index with the ones before and after, as begin and end."""
    begin = text.rfind("\n", 0, max(0, text.rfind("\n", 0, index))) + 1
    end = text.find("\n", index)
    if end >= 0:
        end = text.find("\n", end + 1)
    return begin, end if end >= 0 else len(text)


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
