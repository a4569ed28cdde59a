"""From an imported name to the file and the definition that it stands for."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from devlint.project.index import Binding, FileIndex, Kind
from devlint.project.roots import is_installed, package_root, source_roots
from devlint.source import SourceError
from devlint.source.text import decode

MAX_BYTES = 1_000_000
"""Files above this were generated; nothing is looked up in them."""
MAX_HOPS = 200
"""Names of files that one look-up asks for: re-exports and star imports make many."""
_ELSEWHERE = frozenset({"", "torch", "numpy", "builtins", "typing", "typing_extensions", "__future__"})
"""Packages which the tables know, and which hold nothing of a project."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A module-level name of a file, or with an empty name the module itself; `path` is absolute."""

    path: str
    name: str


class Project:
    """Reads the files around the checked ones, each at most once, and only when something asks for it.

    What it says depends on the files on disk alone, never on what was asked before. `roots` are the source roots that
    the settings name; the others follow from where the asking file lies.
    """

    def __init__(self, roots: tuple[str, ...] = (), cwd: str | None = None) -> None:
        self.cwd = cwd or os.getcwd()
        self.notes: dict[object, object] = {}
        """What later stages worked out from these files, by the settings that matter to them."""
        self._named = tuple(os.path.join(self.cwd, root) for root in roots)
        self._files: dict[str, FileIndex | None] = {}
        self._is_file: dict[str, bool] = {}
        self._is_folder: dict[str, bool] = {}
        self._roots: dict[str, tuple[str, ...]] = {}
        self._found: dict[tuple[str, str], Symbol | None] = {}
        self._stars: dict[str, list[FileIndex]] = {}
        self._below: dict[str, frozenset[str]] = {}

    def absolute(self, path: str) -> str:
        """The absolute path of a file that the user named."""
        return os.path.normpath(os.path.join(self.cwd, path))

    def file(self, path: str) -> FileIndex | None:
        """The index of a file; None if it is not there, or not to be read."""
        if path not in self._files:
            self._files[path] = self._read(path)
        return self._files[path]

    def knows(self, home: str, name: str) -> bool:
        """Whether a name that the file `home` imports may lead to a file of the project."""
        if name.startswith("."):
            return True
        first = name.partition(".")[0]
        return first not in _ELSEWHERE and self._root_with(home, first) is not None

    def find(self, home: str, name: str) -> Symbol | None:
        """What a qualified name means in the file `home` (absolute); relative names keep their leading dots."""
        key = (home, name)
        if key not in self._found:
            self._found[key] = self._find(home, name, set())
        return self._found[key]

    def look_up(self, path: str, name: str) -> Symbol | None:
        """What a module-level name of a file stands for, in that file or where it is imported from."""
        return self._member(path, name, set())

    def modules_below(self, path: str) -> frozenset[str]:
        """The names of the modules and packages that lie in a package."""
        if path not in self._below:
            names: list[str] = []
            if _is_package(path):
                with suppress(OSError):
                    names = os.listdir(os.path.dirname(path))
            self._below[path] = frozenset(name.removesuffix(".py") for name in names)
        return self._below[path]

    def module_below(self, path: str, name: str) -> Symbol | None:
        """A module or package that lies in a package."""
        return self._submodule(os.path.dirname(path), name)

    # ---------------------------------------------------------------------------------------------------- walking

    def _find(self, home: str, name: str, seen: set[tuple[str, str]]) -> Symbol | None:
        start, parts = self._start(home, name)
        for index, part in enumerate(parts):
            if start is None or start.name:
                return None
            start = self._step(start, part, index == len(parts) - 1, seen)
        return start

    def _start(self, home: str, name: str) -> tuple[Symbol | None, list[str]]:
        """The package that a qualified name begins in, and the rest of the name."""
        tail = name.lstrip(".")
        parts = tail.split(".") if tail else []
        if tail != name:
            folder = os.path.dirname(home)
            for _ in range(len(name) - len(tail) - 1):
                folder = os.path.dirname(folder)
            return self._package(folder), parts
        root = self._root_with(home, parts[0]) if parts and parts[0] not in _ELSEWHERE else None
        return (self._submodule(root, parts[0]) if root is not None else None), parts[1:]

    def _module(self, home: str, name: str) -> Symbol | None:
        """The module of that qualified name, whatever its packages bind."""
        start, parts = self._start(home, name)
        for part in parts:
            start = self._submodule(os.path.dirname(start.path), part) if start and _is_package(start.path) else None
        return start

    def _step(self, module: Symbol, part: str, is_last: bool, seen: set[tuple[str, str]]) -> Symbol | None:
        """A part of a dotted name: in the middle a module comes first, at the end what the module binds."""
        below = self._submodule(os.path.dirname(module.path), part) if _is_package(module.path) else None
        if below is not None and not is_last:
            return below
        return self._member(module.path, part, seen) or below

    def _member(self, path: str, name: str, seen: set[tuple[str, str]]) -> Symbol | None:
        index = self.file(path)
        if index is None or (path, name) in seen or len(seen) >= MAX_HOPS:
            return None
        seen.add((path, name))
        found = self._bound(index, name, seen)
        if found is None and index.stars and not name.startswith("_"):
            others = (other for other in self._starred(path) if name in other.names)
            found = next((each for other in others if (each := self._bound(other, name, seen)) is not None), None)
        return found

    def _bound(self, index: FileIndex, name: str, seen: set[tuple[str, str]]) -> Symbol | None:
        """What the statements of a file itself bind a name to."""
        for binding in _by_rank(index.names.get(name, [])):
            if binding.kind is not Kind.IMPORT:
                return Symbol(index.path, name)
            found = self._find(index.path, binding.origin, seen)
            if found is not None:
                return found
        return None

    def _starred(self, path: str) -> list[FileIndex]:
        """The files whose names star imports bring into a file, over any number of steps, nearest first."""
        if path not in self._stars:
            found: dict[str, FileIndex] = {}
            queue = [path]
            while queue:
                index = self.file(queue.pop(0))
                for star in index.stars if index is not None else ():
                    module = self._module(index.path, star) if index is not None else None
                    other = self.file(module.path) if module is not None else None
                    if other is not None and other.path not in found:
                        found[other.path] = other
                        queue.append(other.path)
            self._stars[path] = list(found.values())
        return self._stars[path]

    def _submodule(self, folder: str, name: str) -> Symbol | None:
        path = os.path.join(folder, name)
        if self._file_exists(os.path.join(path, "__init__.py")):
            return Symbol(os.path.join(path, "__init__.py"), "")
        if self._file_exists(path + ".py"):
            return Symbol(path + ".py", "")
        return self._package(path)

    def _package(self, folder: str) -> Symbol | None:
        """A folder as a package; one without `__init__.py` is a namespace package."""
        return Symbol(os.path.join(folder, "__init__.py"), "") if self._folder_exists(folder) else None

    # ------------------------------------------------------------------------------------------------------- disk

    def _root_with(self, home: str, first: str) -> str | None:
        """The nearest source root of a file in which a top-level module or package lies."""
        folder = os.path.dirname(home)
        if folder not in self._roots:
            near = tuple(dict.fromkeys((*self._named, *source_roots(folder, self._file_exists))))
            self._roots[folder] = near
        for root in self._roots[folder]:
            if is_installed(root) and os.path.relpath(home, root).partition(os.sep)[0].removesuffix(".py") != first:
                continue
            if self._submodule(root, first) is not None:
                return root
        return None

    def _file_exists(self, path: str) -> bool:
        if path not in self._is_file:
            self._is_file[path] = os.path.isfile(path)
        return self._is_file[path]

    def _folder_exists(self, path: str) -> bool:
        if path not in self._is_folder:
            self._is_folder[path] = os.path.isdir(path)
        return self._is_folder[path]

    def _read(self, path: str) -> FileIndex | None:
        if not self._file_exists(path):
            return None
        try:
            if os.path.getsize(path) > MAX_BYTES:
                return None
            with open(path, "rb") as file:
                text = decode(file.read())
        except (OSError, SourceError):
            return None
        root = package_root(os.path.dirname(path), self._file_exists)
        return FileIndex(path, text, self.shown(path), os.path.relpath(path, root).replace(os.sep, "/"))

    def shown(self, path: str) -> str:
        """How reports name a file: from the current folder if it lies below."""
        inside = path.startswith(self._prefix)
        return (path[len(self._prefix) :] if inside else path).replace(os.sep, "/")

    @cached_property
    def _prefix(self) -> str:
        return os.path.join(self.cwd, "")


def _is_package(path: str) -> bool:
    return os.path.basename(path) == "__init__.py"


def _by_rank(bindings: list[Binding]) -> list[Binding]:
    """Definitions before imports before assignments (`X = None` where an import failed); the last of a kind first."""
    ranks = {Kind.FUNCTION: 0, Kind.CLASS: 0, Kind.IMPORT: 1, Kind.VALUE: 2}
    return sorted(bindings, key=lambda binding: (ranks[binding.kind], -binding.start))
