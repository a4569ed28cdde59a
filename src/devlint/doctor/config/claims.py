"""What a reader says that a file asks for: claims on the plan's fields, files named, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from devlint.doctor.config.interpolation import resolved
from devlint.doctor.config.kinds import Kind, Several, Unmistakable, WrongValue
from devlint.doctor.config.nodes import Malformed, Node
from devlint.doctor.config.syntax.words import Word
from devlint.doctor.plan import Setting
from devlint.findings import Location

_ANYWHERE = "**."


@dataclass(frozen=True, slots=True)
class Key:
    """What a key of a format means: the plan's field, and what its value looks like.

    `certain` is False for the name of an option that every script is free to use in its own way; a value of the wrong
    kind is then none of ours.
    """

    field: str
    kind: Kind
    certain: bool = True


Keys = Mapping[str, Key]
"""Dotted paths -> meaning. `data.**.batch_size` is that leaf anywhere below `data`, `**.batch_size` anywhere at all;
`**.optimizer.name` takes two keys."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A setting for a field; `strength` decides between claims on the same one."""

    field: str
    setting: Setting[Any]
    strength: int
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """Another file that a file names; `arguments` are what a script is started with."""

    name: str
    location: Location
    arguments: tuple[Word, ...] = ()


@dataclass(slots=True)
class Claims:
    """Collects what one file says, at one strength."""

    strength: int
    root: Node | None = None
    claims: list[Claim] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    problems: list[Malformed] = field(default_factory=list)

    def add(
        self, name: str, value: Any, key: str, node: Node, *, derived: str | None = None, certain: bool = True
    ) -> None:
        """Claim a field, or `environment.NAME`, or `other.format.key`; `derived` says how the value came about."""
        notes = [note for note in (derived, node.note and f"from {node.note}") if note]
        setting = Setting(value, key, node.location, "; ".join(notes) or None, certain and node.certain)
        self.claims.append(Claim(name, setting, self.strength))

    def add_unknown(self, name: str, key: str, node: Node) -> None:
        """Claim a field for a value that cannot be known here."""
        self.claims.append(Claim(name, Setting(node.unknown, key, node.location), self.strength, unknown=True))

    def mention(self, node: Node | None, arguments: tuple[Word, ...] = ()) -> None:
        """Name another file; nothing if there is none, or if its name is not known."""
        node = node and resolved(node, self.root)
        if node is not None and isinstance(node.value, str) and node.value.strip():
            self.mentions.append(Mention(node.value.strip(), node.location, arguments))

    def wrong(self, message: str, node: Node) -> None:
        """Something that this file says cannot be right."""
        self.problems.append(Malformed(message, node.location))

    def apply(self, key: Key, name: str, node: Node) -> None:
        """What a key's value means for the plan; `name` is the key as the user wrote it."""
        node = resolved(node, self.root)
        if node.unknown is not None:
            self.add_unknown(key.field, name, node)
            return
        if node.value is None or node.value == "???" or isinstance(node.value, Mapping):
            return
        try:
            value = key.kind(node)
        except WrongValue as error:
            if key.certain:
                written = node.text if len(node.text) <= 40 and "\n" not in node.text else "this"
                self.wrong(f"`{name}: {written or 'this'}` is wrong: {error}", node)
            return
        if isinstance(value, Several):
            for each, one in value.items():
                derived = None if each == key.field else f"from `{name}`"
                certain = key.certain or isinstance(value, Unmistakable)
                self.add(each, one, name, node, derived=derived, certain=certain)
        elif value is not None:
            self.add(key.field, value, name, node, certain=key.certain)

    def table(self, root: Node, keys: Keys, prefix: str = "") -> None:
        """Apply a table of keys to everything below `root`; `prefix` is where that stands, for messages."""
        for dotted, node in root.walk():
            if (key := lookup(keys, dotted)) is not None:
                self.apply(key, prefix + dotted, node)

    def all_below(self, root: Node, format_name: str) -> None:
        """Put every scalar under `other.FORMAT.dotted.path`, as it is written."""
        for dotted, node in root.walk():
            if not node.mapping and not node.items and node.value is not None:
                self.add(f"other.{format_name}.{dotted}", node.value, dotted, node)


def lookup(keys: Keys, dotted: str) -> Key | None:
    """The meaning of a dotted path in a table."""
    if (found := keys.get(dotted)) is not None:
        return found
    first, *rest = dotted.split(".")
    if rest and (found := keys.get(f"{first}.{_ANYWHERE}{rest[-1]}")) is not None:
        return found
    both = ".".join((first, *rest)[-2:])
    return keys.get(_ANYWHERE + both) or keys.get(_ANYWHERE + both.rpartition(".")[2])
