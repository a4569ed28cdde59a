"""JSON to placed nodes; comments and trailing commas are let through, as editors' JSON allows them.

The standard library's decoder gives no places, and a YAML parser takes JSON's tabs and `1e-5` otherwise than JSON does.
"""

from __future__ import annotations

import json
import re

from devlint.doctor.config.nodes import DEEPEST, Malformed, Node, Places

_BLANK = re.compile(r"(?:\s+|//[^\n]*|\#[^\n]*|/\*.*?\*/)*", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORD = re.compile(r"[-+\w.$]+")
_STRINGS = json.JSONDecoder(strict=False)
_WORDS = {"true": True, "false": False, "null": None, "NaN": float("nan"), "Infinity": float("inf")}


def parse_json(text: str, places: Places) -> tuple[list[Node], list[Malformed]]:
    """The document's node, and what is wrong: an error that ends the reading, keys that stand twice."""
    parser = _Parser(text, places)
    try:
        return [parser.document()], parser.problems
    except Malformed as problem:
        return [], [*parser.problems, problem]


class _Parser:
    def __init__(self, text: str, places: Places) -> None:
        self.problems: list[Malformed] = []
        self._text = text
        self._places = places
        self._at = 0

    def document(self) -> Node:
        node = self._value(0)
        if self._next():
            raise self._wrong("more text after the end of the document")
        return node

    def _next(self) -> str:
        """The next character that is neither blank nor comment, or an empty string at the end."""
        blank = _BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at
        return self._text[self._at : self._at + 1]

    def _wrong(self, said: str) -> Malformed:
        return Malformed(f"not valid JSON, {said}; correct this line", self._places.at(self._at, self._at))

    def _value(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise self._wrong(f"nested more than {DEEPEST} levels deep")
        first = self._next()
        start = self._at
        if first == "{":
            return self._object(start, depth)
        if first == "[":
            return self._array(start, depth)
        value = self._string() if first == '"' else self._word()
        return Node(value, self._places.at(start, self._at), self._text[start : self._at])

    def _string(self) -> str:
        try:
            value, self._at = _STRINGS.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            self._at = error.pos
            raise self._wrong(error.msg[:1].lower() + error.msg[1:]) from None
        return str(value)

    def _word(self) -> bool | int | float | None:
        word = _WORD.match(self._text, self._at)
        if word is None:
            raise self._wrong(f"a value is missing before `{self._next()}`" if self._next() else "it ends too early")
        if word[0] in _WORDS:
            value: bool | int | float | None = _WORDS[word[0]]
        elif (number := _NUMBER.fullmatch(word[0])) is None:
            raise self._wrong(f"`{word[0][:40]}` is no value (text needs double quotes)")
        else:
            is_float = number[1] or number[2] or len(word[0]) > 300
            value = float(word[0]) if is_float else int(word[0])
        self._at = word.end()
        return value

    def _array(self, start: int, depth: int) -> Node:
        items = []
        self._at += 1
        while self._next() != "]":
            items.append(self._value(depth + 1))
            self._comma("]")
        self._at += 1
        return Node(tuple(items), self._places.at(start, self._at))

    def _object(self, start: int, depth: int) -> Node:
        children: dict[str, Node] = {}
        self._at += 1
        while (first := self._next()) != "}":
            if first != '"':
                raise self._wrong("a key in double quotes is expected" if first else "it ends too early")
            place = self._at
            key = self._string()
            if key in children:
                twice = f"`{key}` stands here twice and the last one counts; keep one"
                self.problems.append(Malformed(twice, self._places.at(place, self._at)))
            if self._next() != ":":
                raise self._wrong(f"`:` is expected after the key `{key[:40]}`")
            self._at += 1
            children[key] = self._value(depth + 1)
            self._comma("}")
        self._at += 1
        return Node(children, self._places.at(start, self._at))

    def _comma(self, end: str) -> None:
        follows = self._next()
        if follows == ",":
            self._at += 1
        elif follows != end:
            raise self._wrong(f"`,` or `{end}` is expected" if follows else f"it ends before a closing `{end}`")
