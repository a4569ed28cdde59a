"""A value of a launch file together with the place where it is written."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from devlint.findings import Location, Span

DEEPEST = 100
"""How deeply nested a document may be; real ones stay below 20."""

_MOST_NODES = 50_000

Scalar = None | bool | int | float | str


class Malformed(Exception):
    """A document, or a part of it, cannot be read: what is wrong, and where."""

    def __init__(self, message: str, location: Location) -> None:
        super().__init__(message, location)
        self.message = message
        self.location = location


class Places:
    """Turns offsets into a text, in code points, into locations and back."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self._is_ascii = text.isascii()
        self._starts = [0, *(index + 1 for index, character in enumerate(text) if character == "\n")]

    def at(self, start: int, end: int) -> Location:
        """The location of `text[start:end]`."""
        return Location(self.path, Span(*self._position(start), *self._position(end)))

    def offsets(self, location: Location) -> tuple[int, int]:
        """The way back; offsets beyond the text's end become its end."""
        span = location.span
        return self._offset(span.line, span.column), self._offset(span.end_line, span.end_column)

    def at_bytes(self, line: int, column: int) -> int:
        """The offset for a line from 1 and a column from 0 that counts UTF-8 bytes, as `ast` does."""
        start = self._starts[line - 1]
        if self._is_ascii:
            return start + column
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return start + len(self.text[start:end].encode()[:column].decode(errors="ignore"))

    def _position(self, offset: int) -> tuple[int, int]:
        line = bisect.bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def _offset(self, line: int, column: int) -> int:
        if line > len(self._starts):
            return len(self.text)
        return min(self._starts[line - 1] + column - 1, len(self.text))


@dataclass(frozen=True, slots=True)
class Node:
    """One value. A mapping's keys are strings; `text` is how the author wrote a scalar (`no` for False).

    `unknown` says why the value cannot be known here, `note` how it came about (an interpolation), and `certain` is
    False where it may not hold (it is set in a branch).
    """

    value: Scalar | tuple[Node, ...] | Mapping[str, Node]
    location: Location
    text: str = ""
    unknown: str | None = None
    note: str | None = None
    certain: bool = True

    @property
    def mapping(self) -> Mapping[str, Node]:
        """The children by key; empty for anything but a mapping."""
        return self.value if isinstance(self.value, Mapping) else {}

    @property
    def items(self) -> tuple[Node, ...]:
        """The elements; empty for anything but a sequence."""
        return self.value if isinstance(self.value, tuple) else ()

    def at(self, dotted: str) -> Node | None:
        """What stands below, by keys joined with dots (`trainer.devices`); digits index a sequence."""
        node: Node | None = self
        for key in dotted.split("."):
            if node is None:
                return None
            if node.items and key.isdecimal():
                node = node.items[int(key)] if int(key) < len(node.items) else None
            else:
                node = node.mapping.get(key)
        return node

    def walk(self) -> Iterator[tuple[str, Node]]:
        """Everything below a mapping, with its dotted path, in the order of the text; sequences are not entered."""
        return itertools.islice(_below(self, "", 0), _MOST_NODES)

    def with_note(self, note: str) -> Node:
        """The same value, its history extended."""
        return replace(self, note=f"{note}, {self.note}" if self.note else note)


def _below(node: Node, prefix: str, depth: int) -> Iterator[tuple[str, Node]]:
    if depth > DEEPEST:
        return
    for key, child in node.mapping.items():
        yield prefix + key, child
        yield from _below(child, f"{prefix}{key}.", depth + 1)


def merged(weaker: Node | None, stronger: Node) -> Node:
    """One mapping out of two, key by key; anything else in `stronger` replaces."""
    if weaker is None or not weaker.mapping or not isinstance(stronger.value, Mapping):
        return stronger
    children = dict(weaker.mapping)
    for key, child in stronger.mapping.items():
        children[key] = merged(children.get(key), child)
    return replace(stronger, value=children)


def nested(pairs: Mapping[str, Node], location: Location) -> Node:
    """A tree out of dotted keys, as a command line's overrides give them; what is both leaf and branch is a leaf."""
    tree: dict[str, Node] = {}
    for dotted, node in pairs.items():
        *branches, leaf = dotted.split(".")[-DEEPEST:]
        children = tree
        for branch in branches:
            below = children.setdefault(branch, Node({}, node.location)).value
            if not isinstance(below, dict):
                break
            children = below
        else:
            children[leaf] = node
    return Node(tree, location)
