"""Which definitions may come to hold what others make, or decide what others are given."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from devlint.source.screen.escape import Place, escapes
from devlint.source.screen.segments import DEFINITIONS, Segment
from devlint.source.screen.trigger import Trigger


def users(segments: list[Segment], kept: Iterable[int], triggers: list[Trigger], aliases: set[str]) -> set[int]:
    """The definitions in which something from a kept one may meet something else, over any number of steps.

    What a helper returns and what a class keeps in its attributes travels, if it leaves at all; the callers of a
    function and of private methods matter as well, since they show what these are given.
    A function that refers to a class builds or takes an instance; whoever calls that function is not asked again, since
    what comes out of it is no tensor.
    """
    search = _Search(segments)
    for index in kept:
        search.from_called(segments[index])
        made = places_of_made(segments[index], triggers, aliases)
        if made and escapes(segments[index].node, made):
            search.from_maker(index)
    return search.found


class _Search:
    def __init__(self, segments: list[Segment]) -> None:
        self.segments = segments
        self.found: set[int] = set()
        self._done: set[int] = set()

    def _mentions(self, name: str) -> list[int]:
        """The definitions in which a name stands."""
        return [index for index, segment in enumerate(self.segments) if name in segment.words]

    def from_called(self, segment: Segment) -> None:
        """Callers of a function and of private methods, and theirs if they are private themselves."""
        pending, seen = _private_names(segment), set[str]()
        if not segment.is_class:
            pending.append(segment.name)
        while pending:
            name = pending.pop()
            if name not in seen:
                seen.add(name)
                callers = self._mentions(name)
                self.found.update(callers)
                pending += [each for caller in callers for each in _private_names(self.segments[caller])]

    def from_maker(self, index: int) -> None:
        """Whoever refers to a definition out of which something comes."""
        pending = [index]
        while pending:
            maker = pending.pop()
            if maker in self._done:
                continue
            self._done.add(maker)
            self.found.add(maker)
            source = self.segments[maker]
            for other in self._mentions(source.name):
                self.found.add(other)
                if self._passes_on(source, self.segments[other]):
                    pending.append(other)

    def _passes_on(self, source: Segment, user: Segment) -> bool:
        if source.is_class:
            return user.is_class
        return escapes(user.node, _places(user, user.places_of(source.name)))


def places_of_made(segment: Segment, triggers: list[Trigger], aliases: set[str]) -> list[Place]:
    """Where a travelling trigger stands, or a name that stands for one, in order."""
    found = [index for trigger in triggers for index in trigger.places_in(segment)]
    for alias in aliases & segment.words:
        found += segment.places_of(alias)
    return _places(segment, found)


def _places(segment: Segment, indices: Iterable[int]) -> list[Place]:
    """Indices of the text as places, in order."""
    places: list[Place] = []
    text, line, begin = segment.text, segment.start + 1, 0
    for index in sorted(indices):
        line += text.count("\n", begin, index)
        begin = max(begin, text.rfind("\n", begin, index) + 1)
        column = text[begin:index]
        places.append((line, len(column) if column.isascii() else len(column.encode(errors="surrogatepass"))))
    return places


def _private_names(segment: Segment) -> list[str]:
    """Names of the private functions and methods of a definition."""
    nodes = [segment.node, *(segment.node.body if isinstance(segment.node, ast.ClassDef) else ())]
    names = (node.name for node in nodes if isinstance(node, DEFINITIONS))
    return [name for name in names if name.startswith("_") and not name.startswith("__")]
