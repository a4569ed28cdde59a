"""From the paths that the user named to the files to check."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from devlint.findings import Failure, FailureKind
from devlint.run.gitignore import GitIgnores, Rules, is_ignored
from devlint.run.target import STDIN, Target
from devlint.settings.globs import Globs
from devlint.settings.layers import Settings
from devlint.settings.options import FORCE_EXCLUDE, RESPECT_GITIGNORE
from devlint.settings.resolve import Resolver

SUFFIXES = (".py", ".ipynb")
"""The files of a folder that are checked. Not .pyi: stubs hold no code that runs."""

_ENVIRONMENT_MARKS = frozenset({"pyvenv.cfg", "conda-meta"})


@dataclass(frozen=True, slots=True)
class Discovery:
    """The files to check, each once and in order of their paths, and what was not to be found."""

    targets: tuple[Target, ...]
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Stdin:
    """What came on standard input, and the path that it is to be taken for."""

    data: bytes
    path: str = STDIN


def discover(paths: Iterable[str], resolver: Resolver, stdin: Stdin | None = None) -> Discovery:
    """Find the files to check: those named, and those in folders that are neither excluded nor ignored by git.

    A path that is not there becomes a failure; SettingsError comes from settings files on the way.
    """
    finder = _Finder(resolver)
    for path in paths:
        if path == STDIN and stdin:
            finder.add_stdin(stdin)
        else:
            finder.add(path)
    targets = sorted(finder.targets.values(), key=lambda target: target.path)
    return Discovery(tuple(targets), tuple(sorted(finder.failures, key=lambda failure: failure.sort_key)))


class _Finder:
    """Collects targets by absolute path; a file that is found again keeps its first name."""

    def __init__(self, resolver: Resolver) -> None:
        self.targets: dict[Path, Target] = {}
        self.failures: list[Failure] = []
        self._resolver = resolver
        self._git = GitIgnores()

    def add(self, path: str) -> None:
        """A file, or all that is to be checked in a folder."""
        full, shown = self._full(path), PurePath(path)
        try:
            status = full.stat()
        except (FileNotFoundError, NotADirectoryError):
            self.failures.append(Failure(FailureKind.MISSING, shown.as_posix(), "no such file or folder"))
        except OSError as error:
            self.failures.append(Failure(FailureKind.UNREADABLE, shown.as_posix(), f"cannot be read: {error.strerror}"))
        else:
            if self._is_forced_out(full):
                return
            if stat.S_ISDIR(status.st_mode):
                self._add_folder(full, shown)
            else:
                self._add_file(full, shown, status.st_size)

    def add_stdin(self, stdin: Stdin) -> None:
        """Standard input, under the path that it is to be taken for."""
        full = self._full(stdin.path)
        if not self._is_forced_out(full):
            path = PurePath(stdin.path).as_posix()
            self.targets[full] = Target(path, self._resolver.lint_settings(full), len(stdin.data), stdin.data)

    def _full(self, path: str) -> Path:
        return Path(os.path.normpath(self._resolver.cwd / path))

    def _add_file(self, full: Path, shown: PurePath, size: int) -> None:
        if full not in self.targets:
            self.targets[full] = Target(shown.as_posix(), self._resolver.lint_settings(full), size)

    def _add_folder(self, root: Path, shown: PurePath) -> None:
        # The user asked for this folder, so what leaves out the folder itself does not count.
        rules = tuple(globs for globs in self._git.rules_for(root) if not globs.verdict(root, is_folder=True))
        walk = _Walk(root, self._resolver, self._git)
        for file in walk.files(rules):
            self._add_file(file, shown / file.relative_to(root), _size(file))
        for folder, reason in walk.unreadable:
            path = (shown / folder.relative_to(root)).as_posix()
            self.failures.append(Failure(FailureKind.UNREADABLE, path, f"the folder cannot be listed: {reason}"))

    def _is_forced_out(self, path: Path) -> bool:
        """Whether a path that the user named is left out nevertheless."""
        settings = self._resolver.settings(path.parent)
        if not settings[FORCE_EXCLUDE]:
            return False
        is_folder = path.is_dir()
        if any(globs.verdict(path, is_folder=is_folder) for globs in settings.excludes):
            return True
        return settings[RESPECT_GITIGNORE] and any(
            is_ignored(step, rules, is_folder=is_folder or step != path)
            for step, rules in self._git.on_the_way_to(path)
        )


class _Walk:
    """The files below a folder that the user named; links to folders are not followed."""

    def __init__(self, root: Path, resolver: Resolver, git: GitIgnores) -> None:
        self.unreadable: list[tuple[Path, str]] = []
        self._root = root
        self._resolver = resolver
        self._git = git
        self._excludes: dict[Settings, tuple[Globs, ...]] = {}

    def files(self, rules: Rules) -> Iterator[Path]:
        """The files to check, in no order; `rules` are git's for the named folder itself."""
        pending = [(self._root, rules)]
        while pending:
            folder, rules = pending.pop()
            try:
                entries = list(os.scandir(folder))
            except OSError as error:
                self.unreadable.append((folder, str(error.strerror)))
                continue
            if folder != self._root and any(entry.name in _ENVIRONMENT_MARKS for entry in entries):
                continue
            rules = self._git.within(folder, rules)
            settings = self._resolver.settings(folder)
            for entry in entries:
                is_folder = entry.is_dir(follow_symlinks=False)
                if not (is_folder or _is_source(entry)):
                    continue
                path = Path(entry.path)
                if self._is_left_out(path, is_folder, settings, rules):
                    continue
                if is_folder:
                    pending.append((path, rules))
                else:
                    yield path

    def _is_left_out(self, path: Path, is_folder: bool, settings: Settings, rules: Rules) -> bool:
        if any(globs.verdict(path, is_folder=is_folder) for globs in self._excludes_below_root(settings)):
            return True
        return settings[RESPECT_GITIGNORE] and is_ignored(path, rules, is_folder=is_folder)

    def _excludes_below_root(self, settings: Settings) -> tuple[Globs, ...]:
        """The excludes; those that cover the very folder the user named count from there, as if it were the top."""
        if settings not in self._excludes:
            self._excludes[settings] = tuple(
                globs.rebased(self._root) if globs.verdict(self._root, is_folder=True) else globs
                for globs in settings.excludes
            )
        return self._excludes[settings]


def _is_source(entry: os.DirEntry[str]) -> bool:
    """Not for a link that leads nowhere, such as an editor's lock file."""
    return entry.name.endswith(SUFFIXES) and (entry.is_file(follow_symlinks=False) or os.path.isfile(entry.path))


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # reading it will say why
        return 0
