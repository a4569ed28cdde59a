r"""Shell scripts to commands: words with their places, variables put in as far as the script itself tells them.

Own code, since what there is does not fit: `shlex` keeps no places and knows no `$`, bashlex is GPL, and a
tree-sitter grammar is a compiled wheel that leaves expansion to its user. Understood are quotes, `\` at a line's end,
comments, here documents, `;` `&&` `|` and redirections, assignments, arrays, `+=`, `export`, `$X`, `${X:-default}`,
`"${ARRAY[@]}"` and `$((A * B))`. A branch is left out where its condition is known to fail; what other
branches and loops assign is uncertain, and what a command prints is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from devlint.doctor.config.nodes import Malformed, Places
from devlint.doctor.config.syntax.branches import RESERVED, Branches
from devlint.doctor.config.syntax.expansion import Expander, Variables
from devlint.doctor.config.syntax.words import Word, hole, joined

ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\[[^\]]*\])?(\+?)=")
_PASSED_OVER = RESERVED | {"!", "{", "}", "time", "in"}
_DECLARING = frozenset({"export", "declare", "local", "readonly", "typeset"})
_BEFORE_ASSIGNMENT = _DECLARING | _PASSED_OVER
_REDIRECTION = re.compile(r"\d*(<<<|<<-?|&>>?|>&|<&|>>|>\||[<>](?!\())")
_LOOPING = frozenset({"for", "select"})
_MOST_COMMANDS = 20_000


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command: its words, and the variables assigned in front of it."""

    words: tuple[Word, ...]
    prefix: Mapping[str, Word] = field(default_factory=dict)


@dataclass(slots=True)
class Script:
    """What a script runs and sets: its commands in order, and what it exports or only assigns."""

    commands: list[Command] = field(default_factory=list)
    exports: dict[str, Word] = field(default_factory=dict)
    variables: Variables = field(default_factory=dict)
    problems: list[Malformed] = field(default_factory=list)


def parse_shell(text: str, places: Places, variables: Mapping[str, Word | tuple[Word, ...]] | None = None) -> Script:
    """The commands of a script; `variables` are those that it is started with (`1` is its first argument)."""
    return parse_words(Word.whole(text, 0, len(text)), places, variables)


def parse_words(source: Word, places: Places, variables: Mapping[str, Word | tuple[Word, ...]] | None = None) -> Script:
    """The same for text from inside a document, such as the string of `bash -c`."""
    parser = _Parser(source, places, dict(variables or {}))
    parser.run()
    return parser.script


class _Parser:
    """Cuts the text into commands and keeps the variables; `Expander` makes words."""

    def __init__(self, source: Word, places: Places, variables: Variables) -> None:
        self.script = Script(variables=variables)
        self._text = source.text
        self._words = Expander(source, variables)
        self._places = places
        self._branches = Branches()
        self._here: list[tuple[str, bool]] = []

    def run(self) -> None:
        at, words = 0, list[Word]()
        while at < len(self._text) and len(self.script.commands) < _MOST_COMMANDS:
            character = self._text[at]
            if character in " \t\r" or self._text.startswith("\\\n", at):
                at += 1 + (character == "\\")
            elif character == "#":
                at = self._line_end(at)
            elif redirection := _REDIRECTION.match(self._text, at):
                at = self._redirection(redirection)
            elif character in "\n;&|()":
                at = self._separator(at, words)
            else:
                at = self._word(at, words)
        self._finish(words)
        if self._words.unclosed is not None:
            start = self._words.unclosed
            said = "a quote or bracket is opened here and never closed; close it"
            self.script.problems.append(Malformed(said, self._places.at(*self._words.span(start, start + 1))))

    def _line_end(self, at: int) -> int:
        end = self._text.find("\n", at)
        return len(self._text) if end < 0 else end

    def _separator(self, at: int, words: list[Word]) -> int:
        self._finish(words)
        if self._text[at] != "\n":
            return at + 1
        at += 1
        while self._here:  # the bodies of here documents follow this line
            delimiter, strips = self._here.pop(0)
            while at < len(self._text):
                end = self._line_end(at)
                line = self._text[at:end]
                at = end + 1
                if (line.lstrip("\t") if strips else line) == delimiter:
                    break
        return at

    def _redirection(self, match: re.Match[str]) -> int:
        at = match.end()
        while self._text[at : at + 1] in (" ", "\t"):
            at += 1
        end = self._words.skip(at)
        if match[1] in ("<<", "<<-"):
            self._here.append((re.sub(r"[\\'\"]", "", self._text[at:end]), match[1] == "<<-"))
        return end

    def _word(self, at: int, words: list[Word]) -> int:
        starts_command = all(ASSIGNMENT.match(word.text) or word.text in _BEFORE_ASSIGNMENT for word in words)
        assignment = ASSIGNMENT.match(self._text, at) if starts_command else None
        if assignment and self._text.startswith("(", assignment.end()):
            items, end = self._words.array(assignment.end() + 1)
            name = assignment[1]
            before = self.script.variables.get(name, ()) if assignment[3] else ()
            self.script.variables[name] = (*(before if isinstance(before, tuple) else (before,)), *items)
            return end
        pieces, end = self._words.read(at, splits=assignment is None)
        if assignment and words and words[0].text in _DECLARING and pieces:
            self._assign(pieces[0], exports=words[0].text == "export")
        else:
            words += pieces
        return max(end, at + 1)

    def _finish(self, words: list[Word]) -> None:
        while words and words[0].text in _PASSED_OVER:
            reserved = words.pop(0).text
            self._branches.word(reserved)
            if reserved in _LOOPING and words:
                self._loop(words)
        if words:
            self._branches.command(words)
        if self._branches.is_dead:
            words.clear()
        prefix: list[Word] = []
        while words and ASSIGNMENT.match(words[0].text):
            prefix.append(words.pop(0))
        if words and words[0].text in _DECLARING:
            for word in words[1:]:
                if words[0].text == "export" and isinstance(value := self.script.variables.get(word.text), Word):
                    self.script.exports[word.text] = value
        elif words:
            named = (word.text.partition("=") for word in prefix)
            values = {
                name.rstrip("+"): word.part(len(name) + 1) for (name, _, _), word in zip(named, prefix, strict=True)
            }
            self.script.commands.append(Command(tuple(words), values))
        else:
            for assignment in prefix:
                self._assign(assignment)
        words.clear()

    def _loop(self, words: list[Word]) -> None:
        """`for NAME in WORDS`: the variable is only known if there is one word."""
        name, items = words[0], [word for word in words[1:] if word.text != "in"]
        value = items[0] if len(items) == 1 else hole(*name.home, f"a loop sets `{name.text}`")
        self.script.variables[name.text] = value
        words.clear()

    def _assign(self, word: Word, *, exports: bool = False) -> None:
        match = ASSIGNMENT.match(word.text)
        if match is None or self._branches.is_dead:
            return
        name = match[1]
        value = word.part(match.end())
        before = self.script.variables.get(name)
        if match[3] and isinstance(before, Word):
            value = joined((before, value), word.home)
        if not self._branches.is_certain:
            value = value.uncertain()
        if match[2] is None:
            self.script.variables[name] = value
            if exports or name in self.script.exports:
                self.script.exports[name] = value
