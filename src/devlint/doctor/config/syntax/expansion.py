"""Quotes and `$` of the shell: from a place in the text to the words that bash would make of what stands there."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable

from devlint.doctor.config.syntax.words import Origin, Word, hole, joined

Variables = dict[str, "Word | tuple[Word, ...]"]
"""A variable's value, or an array's."""

_ENDS_WORD = frozenset(" \t\r\n;&|()<>")
_NAME = re.compile(r"[A-Za-z_]\w*|[0-9@*#?$!-]")
_PARAMETER = re.compile(r"(\w+|[@*#?])(\[[^\]]*\])?(?::?([-=+?])(.*))?", re.DOTALL)
_DEEPEST = 10
_CLOSING = {"(": ")", "{": "}"}
_ARITHMETIC: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.floordiv,  # whole numbers only, in bash
    ast.Mod: operator.mod,
}


class Expander:
    """Reads words from `source`; `variables` is looked up while it grows."""

    def __init__(self, source: Word, variables: Variables, depth: int = 0) -> None:
        self.unclosed: int | None = None
        self._depth = depth
        self._source = source
        self._text = source.text
        self._variables = variables

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The offsets of a stretch of the source in the file."""
        origins = self._source.origins[start:end]
        return (origins[0].start, origins[-1].end) if origins else (self._source.home[1], self._source.home[1])

    def skip(self, at: int) -> int:
        """Where the word that begins here ends."""
        return self.read(at)[1]

    def array(self, at: int) -> tuple[list[Word], int]:
        """The words up to a closing bracket, and the offset behind it."""
        words: list[Word] = []
        opened = at - 1
        while at < len(self._text):
            character = self._text[at]
            if character == ")":
                return words, at + 1
            if character == "#":
                end = self._text.find("\n", at)
                at = len(self._text) if end < 0 else end
            elif character in _ENDS_WORD or self._text.startswith("\\\n", at):
                at += 1 + (character == "\\")
            else:
                pieces, end = self.read(at)
                words += pieces
                at = max(end, at + 1)
        self.unclosed = opened
        return words, at

    def read(self, at: int, *, splits: bool = True) -> tuple[list[Word], int]:
        """The words made of the one that begins here, several where an unquoted variable holds spaces."""
        words: list[Word] = []
        parts: list[Word] = []
        start, quoted = at, False
        while at < len(self._text) and self._text[at] not in _ENDS_WORD:
            character = self._text[at]
            if character in "'\"":
                pieces, at = self._quoted(at)
                quoted = quoted or bool(pieces)
            elif character == "\\":
                pieces = [] if self._text.startswith("\n", at + 1) else [self._literal(at + 1, at + 2, at)]
                at += 2
            elif character in "$`":
                pieces, at = self._expand(at)
                if splits:
                    pieces = self._split(pieces, parts, words, (start, at))
            else:
                end = at + 1
                while end < len(self._text) and self._text[end] not in _ENDS_WORD and self._text[end] not in "'\"\\$`":
                    end += 1
                pieces, at = [self._literal(at, end)], end
            while len(pieces) > 1:  # an array: all but the last word are finished
                parts.append(pieces.pop(0))
                words.append(joined(parts, self.span(start, at)))
                parts.clear()
            parts += pieces
        if quoted or any(part.text for part in parts):
            words.append(joined(parts, self.span(start, at)))
        return words, at

    def _split(self, pieces: list[Word], parts: list[Word], words: list[Word], home: tuple[int, int]) -> list[Word]:
        """Unquoted values are cut at white space; what stands before and behind belongs to the outer words."""
        result: list[Word] = []
        for piece in pieces:
            if piece.text[:1].isspace() and any(part.text for part in parts):
                words.append(joined(parts, self.span(*home)))
                parts.clear()
            result += piece.split()
            if piece.text[-1:].isspace() and result:
                result.append(Word("", (), self.span(*home)))
        return result

    def _literal(self, start: int, end: int, shown_from: int | None = None) -> Word:
        word = self._source.part(start, end)
        if shown_from is None or not word.origins:
            return word
        return Word(word.text, (word.origins[0]._replace(start=self.span(shown_from, end)[0]),), word.home)

    def _quoted(self, at: int) -> tuple[list[Word], int]:
        """What stands between quotes; several words only for `"${ARRAY[@]}"`."""
        quote, opened = self._text[at], at
        at += 1
        if quote == "'":
            end = self._text.find("'", at)
            if end < 0:
                self.unclosed, end = opened, len(self._text)
            return [self._literal(at, end)], end + 1
        words: list[Word] = []
        parts: list[Word] = []
        is_no_word = False  # `"$@"` without arguments
        while at < len(self._text) and self._text[at] != '"':
            if self._text[at] == "\\" and self._text[at + 1 : at + 2] in tuple('"\\$`\n'):
                if self._text[at + 1] != "\n":
                    parts.append(self._literal(at + 1, at + 2, at))
                at += 2
            elif self._text[at] in "$`":
                pieces, at = self._expand(at)
                while len(pieces) > 1:
                    words.append(joined([*parts, pieces.pop(0)], self.span(opened, at)))
                    parts = []
                parts += pieces
                is_no_word = not pieces
            else:
                end = at + 1
                while end < len(self._text) and self._text[end] not in '"\\$`':
                    end += 1
                parts.append(self._literal(at, end))
                at = end
        if at >= len(self._text):
            self.unclosed = opened
        if is_no_word and not parts:
            return [], at + 1
        return [*words, joined(parts, self.span(opened, at + 1))], at + 1

    def _expand(self, at: int) -> tuple[list[Word], int]:
        """What `$...` or a command in backquotes stands for, and the offset behind it."""
        following = self._text[at + 1 : at + 2]
        if self._text[at] == "`":
            end = self._text.find("`", at + 1)
            end = self._closed(at, end + 1)
            return [self._hole(at, end, f"it is what `{self._text[at + 1 : end - 1][:60]}` prints")], end
        if self._text.startswith("$((", at):
            end = self._balanced(at + 1)
            return [self._arithmetic(at, end)], end
        if following == "(":
            end = self._balanced(at + 1)
            return [self._hole(at, end, f"it is what `{self._text[at + 2 : end - 1][:60]}` prints")], end
        if following == "{":
            end = self._balanced(at + 1)
            return self._parameter(at, end), end
        if following and following in "'\"":
            return self._quoted(at + 1)
        if name := _NAME.match(self._text, at + 1):
            return self._value(name[0], at, name.end()), name.end()
        return [self._literal(at, at + 1)], at + 1

    def _closed(self, opened: int, end: int) -> int:
        if end <= 0:
            self.unclosed = opened
            return len(self._text)
        return end

    def _balanced(self, at: int) -> int:
        """The offset behind the bracket that closes the one at `at`; quotes inside do not count."""
        opening, closing, depth, quote = self._text[at], _CLOSING[self._text[at]], 0, ""
        for index in range(at, len(self._text)):
            character = self._text[index]
            if quote:
                quote = "" if character == quote else quote
            elif character in "'\"":
                quote = character
            else:
                depth += (character == opening) - (character == closing)
                if not depth:
                    return index + 1
        return self._closed(at, -1)

    def _parameter(self, at: int, end: int) -> list[Word]:
        inner = self._text[at + 2 : end - 1]
        if inner[:1] in ("@", "*"):  # a slice of the script's own arguments
            return []
        match = _PARAMETER.fullmatch(inner)
        if match is None or self._depth > _DEEPEST:
            return [self._hole(at, end, f"`${{{inner[:40]}}}` is not worked out")]
        name, index, operation, _ = match.groups()
        value = self._value(name, at, end, index)
        is_set = all(word.is_known for word in value) and any(word.text for word in value)
        if operation in ("-", "=") and not is_set:
            start = at + 2 + match.start(4)
            word = Expander(self._source.part(start, end - 1), self._variables, self._depth + 1)._all()
            return [word.through(name)]
        if operation == "+":
            return [self._hole(at, end, f"it depends on whether `${name}` is set")]
        return value

    def _all(self) -> Word:
        """The whole source as the text of one word, as after `:-`."""
        words, at = list[Word](), 0
        while at < len(self._text):
            pieces, end = self.read(at, splits=False)
            words += pieces
            if end == at:
                words.append(self._literal(at, at + 1))
                end += 1
            at = end
        return joined(words, self.span(0, len(self._text)))

    def _value(self, name: str, at: int, end: int, index: str | None = None) -> list[Word]:
        value = self._variables.get(name)
        if value is None:
            if name in "@*" and not index:
                return []
            reason = (
                f"it is argument {name} of the script" if name.isdecimal() else f"`${name}` is not set in this file"
            )
            return [self._hole(at, end, reason)]
        if isinstance(value, Word):
            return [value.through(name)]
        if index in ("[@]", "[*]") or name in "@*":
            return [word.through(name) for word in value]
        position = int(index[1:-1]) if index and index[1:-1].isdecimal() else 0
        if position < len(value):
            return [value[position].through(name)]
        return [self._hole(at, end, f"`{name}` has no element {position}")]

    def _hole(self, at: int, end: int, reason: str) -> Word:
        return hole(*self.span(at, end), reason)

    def _arithmetic(self, at: int, end: int) -> Word:
        inner = self._text[at + 3 : end - 2]
        names = dict.fromkeys(re.findall(r"\$?\{?([A-Za-z_]\w*)\}?", inner))
        values = {}
        for name in names:
            value = self._variables.get(name)
            if not (isinstance(value, Word) and value.text.strip().isdecimal() and len(value.text) < 10):
                return self._hole(at, end, f"`{name}` in `{inner.strip()[:60]}` is not known")
            values[name] = value
        text = re.sub(r"\$?\{?([A-Za-z_]\w*)\}?", lambda found: values[found[1]].text.strip(), inner)
        number = _calculated(text)
        if number is None:
            return self._hole(at, end, f"`{inner.strip()[:60]}` is not worked out")
        certain = all(origin.certain for value in values.values() for origin in value.origins)
        span = self.span(at, end)
        origin = Origin(*span, note=f"`{inner.strip()[:60]}`", certain=certain)
        return Word(str(number), (origin,) * len(str(number)), span)


def _calculated(text: str) -> int | None:
    if len(text) > 200:
        return None
    try:
        return _number(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError):
        return None


def _number(expression: ast.expr) -> int:
    match expression:
        case ast.Constant(value=int() as value):
            return value
        case ast.BinOp(left, op, right) if type(op) in _ARITHMETIC:
            return _ARITHMETIC[type(op)](_number(left), _number(right))
        case ast.UnaryOp(ast.USub(), operand):
            return -_number(operand)
    raise ValueError("no arithmetic")
