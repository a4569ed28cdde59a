"""Words of a command to options: `--name value`, `--name=value`, `-n value`, `name=value`, and what is neither."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from devlint.doctor.config.syntax.words import Word

_OPTION = re.compile(r"(--?[A-Za-z][\w.\-]*)(=|$)")
_SHORT_WITH_VALUE = re.compile(r"(-[A-Za-z])([^-=].*)")
_OVERRIDE = re.compile(r"(?:\+{1,2})?([A-Za-z_][\w.@/\-]*)=")
_NUMBER = re.compile(r"-[0-9.]+(?:e-?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Option:
    """`name` as written, dashes included; `values` may be several, or none for a flag."""

    name: str
    values: tuple[Word, ...]
    word: Word

    @property
    def key(self) -> str:
        """The name without dashes in front, and with underscores inside: `--num-workers` is `num_workers`."""
        return self.name.lstrip("-").replace("-", "_")


@dataclass(slots=True)
class Options:
    """The options in order, overrides (`trainer.devices=4`) among them, and the other words."""

    named: list[Option] = field(default_factory=list)
    positional: list[Word] = field(default_factory=list)

    def get(self, *keys: str) -> Option | None:
        """The last option of these names."""
        return next((option for option in reversed(self.named) if option.key in keys), None)


def options(
    words: Sequence[Word], flags: frozenset[str] = frozenset(), *, short_values: bool = False, stops: bool = False
) -> Options:
    """Sort words. `flags` are keys that take no value; `short_values` allows `-N4`.

    With `stops`, the first positional word ends the options: it and all behind it are positional, as for launchers.
    """
    found = Options()
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        match = _OPTION.match(word.text)
        if match is None and short_values and (short := _SHORT_WITH_VALUE.fullmatch(word.text)):
            found.named.append(Option(short[1], (word.part(2),), word))
        elif match is None and not stops and (override := _OVERRIDE.match(word.text)):
            found.named.append(Option(override[1], (word.part(override.end()),), word))
        elif match is None:
            if stops:
                found.positional += words[at - 1 :]
                break
            found.positional.append(word)
        elif match[2] == "=":
            found.named.append(Option(match[1], (word.part(match.end()),), word))
        elif short_values and not match[1].startswith("--") and len(match[1]) > 2:
            found.named.append(Option(match[1][:2], (word.part(2),), word))
        else:
            option = Option(match[1], (), word)
            most = 0 if option.key in flags else 1 if stops or short_values else len(words)
            values = tuple(_values(words[at:], most))
            at += len(values)
            found.named.append(Option(match[1], values, word))
    return found


def _values(words: Sequence[Word], most: int) -> Iterator[Word]:
    """The words that belong to an option: one that is no option itself (a negative number is none), or numbers."""
    for index, word in enumerate(words[:most]):
        is_option = word.text.startswith("-") and not _NUMBER.fullmatch(word.text) and len(word.text) > 1
        is_further = index > 0 and not (word.text.isdecimal() and words[0].text.isdecimal())
        if is_option or is_further or (most > 1 and _OVERRIDE.match(word.text)):
            return
        yield word
