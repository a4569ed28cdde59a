"""YAML to placed nodes, each value as PyYAML reads it.

PyYAML because Lightning's, Hugging Face's, OmegaConf's, MMEngine's and Detectron2's own loaders are built on it: YAML
1.1, where `no` is False and `1e-4` is text. Its events carry offsets, and the composer below bounds depth (libyaml's
own composer overflows the C stack on 5,000 nested lists), keeps what was written, and finds keys that stand twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from devlint.doctor.config.nodes import DEEPEST, Malformed, Node, Places
from devlint.findings import Location

_STRING = "tag:yaml.org,2002:str"


def parse_yaml(text: str, places: Places) -> tuple[list[Node], list[Malformed]]:
    """One node per document of the stream, and what is wrong; documents before an error are still there.

    Raises ImportError without PyYAML.
    """
    import yaml

    composer = _Composer(places, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    roots: list[Node] = []
    try:
        for root in composer.documents(text):
            roots.append(root)
    except Malformed as problem:
        composer.problems.append(problem)
    except yaml.YAMLError as error:
        composer.problems.append(_too_deep(text, places) or _malformed(error, places))
    return roots, composer.problems


def _too_deep(text: str, places: Places) -> Malformed | None:
    """The first node below the deepest level, if the text has one before it breaks.

    Recent releases of libyaml refuse deep nesting themselves, before the first event; PyYAML's own scanner does not.
    """
    import yaml

    depth = 0
    try:
        event: Any
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            starts = isinstance(event, (yaml.CollectionStartEvent, yaml.ScalarEvent))
            if starts and depth > DEEPEST:
                return _deep(places.at(event.start_mark.index, event.end_mark.index))
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
    except yaml.YAMLError:
        pass
    return None


def _deep(place: Location) -> Malformed:
    return Malformed(f"nested more than {DEEPEST} levels deep; this is no launch file", place)


def _malformed(error: Any, places: Places) -> Malformed:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    start = mark.index if mark is not None else getattr(error, "position", None) or 0
    start = min(start, len(places.text))
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed"
    line = places.text[places.text.rfind("\n", 0, start) + 1 :].partition("\n")[0]
    hint = "it looks like a template: render it first" if "{{" in line or "{%" in line else "correct this line"
    return Malformed(f"not valid YAML, {said}; {hint}", places.at(start, start))


class _Composer:
    """Builds nodes from PyYAML's events."""

    def __init__(self, places: Places, loader: Any) -> None:
        import yaml

        self.problems: list[Malformed] = []
        self._places = places
        self._loader = loader
        self._yaml = yaml
        self._resolver: Any = yaml.SafeLoader("")
        self._anchors: dict[str, Node | None] = {}
        self._events: Iterator[Any] = iter(())

    def documents(self, text: str) -> Iterator[Node]:
        self._events = self._yaml.parse(text, Loader=self._loader)
        for event in self._events:
            if isinstance(event, self._yaml.DocumentStartEvent):
                self._anchors = {}
                yield self._node(next(self._events), 0)

    def _node(self, event: Any, depth: int) -> Node:
        start, end = event.start_mark.index, event.end_mark.index
        place = self._places.at(start, end)
        if depth > DEEPEST:
            raise _deep(place)
        if isinstance(event, self._yaml.AliasEvent):
            node = self._anchors.get(str(event.anchor))
            if node is None:
                known = "inside of itself" if event.anchor in self._anchors else "that no `&` defines"
                raise Malformed(f"`*{event.anchor}` names an anchor {known}", place)
            return node.with_note(f"from `&{event.anchor}`")
        if event.anchor:
            self._anchors[event.anchor] = None
        if isinstance(event, self._yaml.ScalarEvent):
            node = self._scalar(event, place)
        elif isinstance(event, self._yaml.SequenceStartEvent):
            node = self._sequence(start, depth)
        else:
            node = self._mapping(start, depth)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _scalar(self, event: Any, place: Any) -> Node:
        start, end = self._places.offsets(place)
        written = self._places.text[start:end]
        scalar = self._yaml.ScalarNode
        tag = event.tag
        if tag is None or tag == "!":
            tag = self._resolver.resolve(scalar, event.value, event.implicit)
        if tag == _STRING:
            return Node(event.value, place, written)
        try:
            value = self._resolver.construct_object(scalar(tag, event.value))
        except (self._yaml.YAMLError, ValueError, OverflowError):
            return Node(event.value, place, written)
        plain = value is None or isinstance(value, (bool, int, float))
        return Node(value if plain else event.value, place, written)

    def _sequence(self, start: int, depth: int) -> Node:
        items = []
        while not isinstance(event := next(self._events), self._yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return Node(tuple(items), self._places.at(start, _end(event)))

    def _mapping(self, start: int, depth: int) -> Node:
        children: dict[str, Node] = {}
        weaker: list[Node] = []
        while not isinstance(event := next(self._events), self._yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if key.value == "<<" and key.text == "<<":
                weaker += value.items or (value,)
                continue
            name = str(key.value) if not isinstance(key.value, bool) else key.text
            if name in children:
                self.problems.append(
                    Malformed(f"`{name}` stands here twice and the last one counts; keep one", key.location)
                )
            children[name] = value
        for each in weaker:
            for name, value in each.mapping.items():
                children.setdefault(name, value)
        return Node(children, self._places.at(start, _end(event)))


def _end(event: Any) -> int:
    return int(event.end_mark.index)
