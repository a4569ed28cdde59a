"""TOML to placed nodes. The standard library's parser gives no places; they are found by key, line by line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from devlint.doctor.config.nodes import DEEPEST, Malformed, Node, Places

_TABLE = re.compile(r"\s*\[([^\[\]]+)\]")
_PAIR = re.compile(r"""\s*([\w.'"-]+)\s*=\s*("[^"\n]*"|'[^'\n]*'|[^#\n]*[^#\s])""")
_WHERE = re.compile(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)$")


def parse_toml(text: str, places: Places) -> tuple[list[Node], list[Malformed]]:
    """The document's node, or what is wrong."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return [], [_malformed(str(error), places)]
    except RecursionError:
        return [], [Malformed(f"nested more than {DEEPEST} levels deep", places.at(0, 0))]
    return [_Builder(places).node(values, "", 0)], []


def _malformed(said: str, places: Places) -> Malformed:
    start = len(places.text)
    if (where := _WHERE.search(said)) and where[1]:
        lines = places.text.split("\n")
        start = sum(len(line) + 1 for line in lines[: int(where[1]) - 1]) + int(where[2]) - 1
    reason = _WHERE.sub("", said)
    return Malformed(f"not valid TOML, {reason[:1].lower()}{reason[1:]}; correct this line", places.at(start, start))


class _Builder:
    def __init__(self, places: Places) -> None:
        self._places = places
        self._spans: dict[str, tuple[int, int]] = {}
        table, start = "", 0
        for line in places.text.split("\n"):
            if header := _TABLE.match(line):
                table = re.sub(r"[\s'\"]", "", header[1]) + "."
            elif pair := _PAIR.match(line):
                name = table + re.sub(r"['\"]", "", pair[1])
                self._spans.setdefault(name, (start + pair.start(2), start + pair.end(2)))
            start += len(line) + 1

    def node(self, value: Any, name: str, depth: int) -> Node:
        start, end = self._spans.get(name, (0, 0))
        place = self._places.at(start, end)
        if isinstance(value, Mapping) and depth <= DEEPEST:
            prefix = f"{name}." if name else ""
            return Node({key: self.node(child, prefix + key, depth + 1) for key, child in value.items()}, place)
        if isinstance(value, list) and depth <= DEEPEST:
            return Node(tuple(self.node(item, name, depth + 1) for item in value), place)
        plain = isinstance(value, (bool, int, float, str))
        return Node(value if plain else str(value), place, self._places.text[start:end])
