"""Files to documents: bytes, encoding, notation, placed nodes; each file is read once."""

from __future__ import annotations

import codecs
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from devlint.doctor.config.nodes import Malformed, Node, Places
from devlint.doctor.config.syntax.json import parse_json
from devlint.doctor.config.syntax.python import parse_python
from devlint.doctor.config.syntax.toml import parse_toml
from devlint.doctor.config.syntax.yaml import parse_yaml
from devlint.findings import Failure, FailureKind, Location

LARGEST = 512 * 1024
"""Bytes of a launch file; more is data."""

INSTALL = 'pip install "devlint[doctor]"'

_SUFFIXES = {
    **dict.fromkeys((".yaml", ".yml"), "yaml"),
    **dict.fromkeys((".json", ".jsonc"), "json"),
    **dict.fromkeys((".sh", ".bash", ".sbatch", ".slurm", ".sub", ".zsh", ".env"), "shell"),
    ".toml": "toml",
    ".py": "python",
}
_YAML_KEY = re.compile(r"^(?:- )?[\w.\"'-]+:(?:\s|$)", re.MULTILINE)
_MOST_UP = 6


class Unreadable(Exception):
    """A file's bytes are no text to read: why, and what to do."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file. `root` is None for a shell script, whose reader parses `text` itself."""

    path: str
    notation: str
    text: str
    places: Places
    root: Node | None = None
    file: Path | None = None

    def has(self, *dotted: str) -> bool:
        """Whether all of these keys are there."""
        return self.root is not None and all(self.root.at(path) is not None for path in dotted)


@dataclass(slots=True)
class Library:
    """Reads files, each once; `folder` is the working directory, to which shown paths are relative."""

    folder: Path
    failures: list[Failure] = field(default_factory=list)
    _read: dict[Path, tuple[Document, ...]] = field(default_factory=dict)
    _loading: list[Path] = field(default_factory=list)

    @property
    def read_files(self) -> set[Path]:
        """The files that were read."""
        return set(self._read)

    def documents(self, file: Path, shown: str | None = None) -> tuple[Document, ...]:
        """The documents of a file; what is wrong with it goes to `failures`."""
        file = Path(os.path.normpath(self.folder / file))
        if file not in self._read:
            self._read[file] = self._load(file, shown or self.shown(file))
        return self._read[file]

    def find(self, name: str, near: Path | None) -> Path | None:
        """The file that another one names: relative to that one, to the working directory, or to a folder between."""
        bases = [self.folder] if near is None else [near.parent, self.folder, *list(near.parents)[1:_MOST_UP]]
        for base in bases:
            try:
                file = Path(os.path.normpath(base / name))
                if file.is_file():
                    return file
            except (OSError, ValueError):  # a name that no file can have
                return None
        return None

    def node(self, name: str, near: Path | None) -> Node | None:
        """The first document's node of a file that another one is based on; None without one, or in a circle."""
        file = self.find(name, near)
        if file is None or file in self._loading:
            return None
        return next((document.root for document in self.documents(file)), None)

    def shown(self, file: Path) -> str:
        """A file's path for messages."""
        inside = file.is_relative_to(self.folder)
        return (file.relative_to(self.folder) if inside else file).as_posix()

    def fail(self, kind: FailureKind, path: str, message: str, location: Location | None = None) -> None:
        """Add a failure."""
        self.failures.append(Failure(kind, path, message, location))

    def _load(self, file: Path, shown: str) -> tuple[Document, ...]:
        self._loading.append(file)
        try:
            text = _text(file)
            notation = notation_of(file.name, text)
            places = Places(shown, text)
            if notation == "shell":
                return (Document(shown, notation, text, places, None, file),)
            roots, problems = self._parse(notation, text, places, file)
        except Unreadable as error:
            self.fail(FailureKind.UNREADABLE, shown, str(error))
            return ()
        except ImportError:
            self.fail(FailureKind.UNREADABLE, shown, f"YAML is read with PyYAML, which is not installed: {INSTALL}")
            return ()
        finally:
            self._loading.remove(file)
        for problem in problems:
            self.fail(FailureKind.SYNTAX, shown, problem.message, problem.location)
        return tuple(Document(shown, notation, text, places, root, file) for root in roots)

    def _parse(self, notation: str, text: str, places: Places, file: Path) -> tuple[list[Node], list[Malformed]]:
        if notation == "python":
            return parse_python(text, places, lambda name: self.node(name, file))
        parsers = {"yaml": parse_yaml, "json": parse_json, "toml": parse_toml}
        return parsers[notation](text, places)


def notation_of(name: str, text: str) -> str:
    """How a file is written: `yaml`, `json`, `toml`, `python` or `shell`, by its name or else by its first lines."""
    if name.startswith(".env"):
        return "shell"
    if known := _SUFFIXES.get(Path(name).suffix.lower()):
        return known
    start = text.lstrip()[:4096]
    if start.startswith("#!") or "#SBATCH" in start:
        return "python" if "python" in start.partition("\n")[0] else "shell"
    if start.startswith(("{", "[")):
        return "json"
    return "yaml" if _YAML_KEY.search(start) else "shell"


def _text(file: Path) -> str:
    r"""A file's text with newlines as `\n`. Raises `Unreadable`."""
    try:
        with file.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from None
    if len(data) > LARGEST:
        raise Unreadable(f"larger than {LARGEST // 1024} KiB: this is data, not a launch file; leave it out")
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        byte = f"byte 0x{data[error.start]:02x} in line {line}"
        raise Unreadable(f"{byte} is not valid {encoding.removesuffix('-sig').upper()}; save it as UTF-8") from None
    if "\0" in text:
        raise Unreadable("holds a null byte: a binary file is no launch file")
    return text.replace("\r\n", "\n").replace("\r", "\n")
