"""The spine: paths and a command line to one plan."""

from __future__ import annotations

import functools
import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath

from devlint.doctor.config import readers
from devlint.doctor.config.claims import Claim, Claims, Mention
from devlint.doctor.config.commandline import read_words
from devlint.doctor.config.derive import derive
from devlint.doctor.config.documents import Document, Library
from devlint.doctor.config.merge import merge
from devlint.doctor.config.nodes import Places
from devlint.doctor.config.readers.base import COMMAND, Context, Reader
from devlint.doctor.config.syntax.words import Word
from devlint.doctor.plan import LaunchPlan, Source
from devlint.findings import Failure, FailureKind
from devlint.findings.registry import subclasses_in

COMMAND_LINE = "command line"
"""The path of places on the command line that devlint was given."""

_DEEPEST = 5
"""Files that name files."""


@functools.cache
def all_readers() -> tuple[Reader, ...]:
    """Every reader, those of general formats last."""
    found = [each() for each in subclasses_in(readers, Reader)]  # type: ignore[type-abstract]
    return tuple(sorted(found, key=lambda each: (each.general, each.name)))


def format_names() -> tuple[str, ...]:
    """The names for `--config-format`."""
    return tuple(sorted(reader.name for reader in all_readers()))


def read_configs(
    paths: Iterable[str], *, command: Sequence[str] = (), config_format: str | None = None, folder: Path = Path()
) -> tuple[LaunchPlan, tuple[Failure, ...]]:
    """What all these files and the command ask for, and what could not be read.

    Paths are relative to `folder`, the working directory. Files that they name are read, too, if they exist.
    `config_format` is the format of the given files, whatever they look like.
    """
    session = Session(folder, config_format)
    for path in paths:
        session.read(path)
    if command:
        session.read_command(command)
    return session.plan(), session.failures


def read_command(argv: Sequence[str], *, folder: Path = Path()) -> tuple[LaunchPlan, tuple[Failure, ...]]:
    """What one command line asks for."""
    return read_configs((), command=argv, folder=folder)


class Session:
    """Reads files into claims, each file once."""

    def __init__(self, folder: Path, config_format: str | None = None) -> None:
        self._library = Library(Path(os.path.abspath(folder)))
        self._format = config_format
        self._claims: list[Claim] = []
        self._sources: list[Source] = []
        self._done: set[Path] = set()

    @property
    def failures(self) -> tuple[Failure, ...]:
        """What went wrong so far, in order of places."""
        return tuple(sorted(set(self._library.failures), key=lambda failure: failure.sort_key))

    def plan(self) -> LaunchPlan:
        """All that was read, as one plan."""
        return derive(merge(self._claims, tuple(self._sources)))

    @property
    def used(self) -> set[Path]:
        """Every file that was read, those that others name or are based on included."""
        return self._library.read_files

    def read(self, path: str, *, must_be_known: bool = True) -> None:
        """Read a file that the user named, or that `discover` thinks to be one (`must_be_known` is then False)."""
        file = self._library.folder / path
        shown = PurePath(path).as_posix()
        if file.is_dir():
            self._library.fail(FailureKind.UNREADABLE, shown, "is a folder; name the launch files in it")
        elif not file.exists():
            self._library.fail(FailureKind.MISSING, shown, "no such file")
        elif not self._read_file(file, shown, 0, {}) and must_be_known and not self._failed(shown):
            known = ", ".join(format_names())
            message = f"no launch settings are recognised in it; say what it is with --config-format ({known})"
            self._library.fail(FailureKind.FORMAT, shown, message)

    def read_command(self, argv: Sequence[str]) -> None:
        """Read the command line that the user gave."""
        text = shlex.join(argv)
        places = Places(COMMAND_LINE, text)
        words, at = [], 0
        for argument in argv:
            quoted = shlex.quote(argument)
            words.append(Word.whole(argument, at, at + len(quoted)))
            at += len(quoted) + 1
        claims = Claims(COMMAND)
        read_words(words, places, claims)
        self._take(claims, Source(path=COMMAND_LINE, format="command", strength=COMMAND, text=text), None, 0)

    def _failed(self, shown: str) -> bool:
        return any(failure.path == shown for failure in self._library.failures)

    def _read_file(self, file: Path, shown: str | None, depth: int, variables: Mapping[str, Word]) -> bool:
        """Whether some reader took it."""
        file = Path(os.path.normpath(file))
        if file in self._done or depth > _DEEPEST:
            return True
        self._done.add(file)
        taken = False
        for document in self._library.documents(file, shown):
            reader = self._reader(document, is_named=depth > 0)
            if reader is None:
                continue
            taken = True
            claims = Claims(reader.strength - depth, document.root)
            if reader.framework is not None and document.root is not None:
                claims.add("framework", reader.framework, reader.name, document.root)
            reader.read(document, claims, Context(self._library, variables))
            source = Source(
                path=document.path, format=reader.name, strength=reader.strength - depth, text=document.text
            )
            self._take(claims, source, file, depth)
        return taken

    def _reader(self, document: Document, *, is_named: bool) -> Reader | None:
        if self._format is not None and not is_named:
            reader = next((reader for reader in all_readers() if reader.name == self._format), None)
            return reader if reader is not None and _fits(reader, document) else None
        return next((reader for reader in all_readers() if reader.detects(document)), None)

    def _take(self, claims: Claims, source: Source, file: Path | None, depth: int) -> None:
        self._claims += claims.claims
        self._sources.append(source)
        for problem in claims.problems:
            self._library.fail(FailureKind.VALUE, source.path, problem.message, problem.location)
        for mention in claims.mentions:
            self._follow(mention, file, depth)

    def _follow(self, mention: Mention, near: Path | None, depth: int) -> None:
        file = self._library.find(mention.name, near)
        if file is not None:
            arguments = {str(number): word for number, word in enumerate(mention.arguments, 1)}
            self._read_file(file, None, depth + 1, arguments)


def _fits(reader: Reader, document: Document) -> bool:
    """Whether a reader that was forced can take the document's notation at all."""
    is_script = reader.name in ("shell", "slurm", "dotenv")
    return is_script == (document.notation == "shell")
