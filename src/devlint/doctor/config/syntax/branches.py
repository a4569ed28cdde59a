"""Which branch of a shell script's `if` is taken, where its condition only compares what is known."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from devlint.doctor.config.syntax.words import Word

_NUMBERS: dict[str, Callable[[int, int], bool]] = {
    "-eq": operator.eq,
    "-ne": operator.ne,
    "-lt": operator.lt,
    "-le": operator.le,
    "-gt": operator.gt,
    "-ge": operator.ge,
}
_CLOSED_BY = {"fi": "if", "done": "loop", "esac": "case"}
_OPENS = {"if": "if", "for": "loop", "while": "loop", "until": "loop", "select": "loop", "case": "case"}
RESERVED = frozenset({*_OPENS, *_CLOSED_BY, "then", "do", "else", "elif"})


def holds(words: Sequence[Word]) -> bool | None:
    """Whether `[ A == B ]`, `[[ -z A ]]` and the like hold; None where that cannot be told."""
    texts = [word.text for word in words]
    if (
        len(texts) < 3
        or (texts[0], texts[-1]) not in (("[", "]"), ("[[", "]]"))
        or not all(word.is_known for word in words)
    ):
        return None
    match texts[1:-1]:
        case ["-z", value]:
            return value == ""
        case ["-n", value]:
            return value != ""
        case [one, "==" | "=", other] if not set(other) & set("*?["):
            return one == other
        case [one, "!=", other] if not set(other) & set("*?["):
            return one != other
        case [one, sign, other] if sign in _NUMBERS and one.isdecimal() and other.isdecimal():
            return _NUMBERS[sign](int(one[:18]), int(other[:18]))
    return None


@dataclass(slots=True)
class _Block:
    """`runs` says whether the part that is being read is run; None where it may be or not."""

    kind: str
    runs: bool | None = None
    earlier: list[bool | None] = field(default_factory=list)


@dataclass(slots=True)
class Branches:
    """Follows the reserved words of a script."""

    _blocks: list[_Block] = field(default_factory=list)
    _condition: bool | None = None
    _reads_condition: bool = False

    @property
    def is_dead(self) -> bool:
        """Whether what is being read is never run."""
        return any(block.runs is False for block in self._blocks)

    @property
    def is_certain(self) -> bool:
        """Whether what is being read is surely run."""
        return all(block.runs for block in self._blocks)

    def word(self, reserved: str) -> None:
        """Go on by one reserved word."""
        if reserved in _OPENS:
            self._blocks.append(_Block(_OPENS[reserved]))
        elif reserved in _CLOSED_BY and self._blocks:
            self._blocks.pop()
        elif self._blocks and self._blocks[-1].kind == "if":
            self._branch(self._blocks[-1], reserved)
        if reserved in ("if", "elif"):
            self._reads_condition, self._condition = True, None

    def command(self, words: Sequence[Word]) -> None:
        """A command was read; behind `if`, it is the condition, unless there is more than one."""
        if self._reads_condition:
            self._reads_condition, self._condition = False, holds(words)
        else:
            self._condition = None

    def _branch(self, block: _Block, reserved: str) -> None:
        if reserved == "then":
            block.runs = False if True in block.earlier else self._condition
            block.earlier.append(self._condition)
        elif reserved == "elif":
            block.runs = False if True in block.earlier else None
        elif reserved == "else":
            all_failed = all(each is False for each in block.earlier)
            block.runs = False if True in block.earlier else all_failed or None
