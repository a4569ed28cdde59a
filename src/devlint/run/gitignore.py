"""What git ignores: nested .gitignore files and .git/info/exclude, up to the top of the repository."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from devlint.settings.globs import Globs

Rules = tuple[Globs, ...]
"""The ignore files that hold in a folder, the weakest first."""


class GitIgnores:
    """Reads each ignore file once. All paths are absolute."""

    def __init__(self) -> None:
        self._read: dict[Path, Rules] = {}

    def within(self, folder: Path, rules: Rules) -> Rules:
        """The rules for what lies in a folder, from those for the folder itself; a repository starts afresh."""
        repository = folder / ".git"
        if not os.path.exists(repository):
            return rules + self._file(folder / ".gitignore", folder)
        return self._file(repository / "info" / "exclude", folder) + self._file(folder / ".gitignore", folder)

    def on_the_way_to(self, path: Path) -> Iterator[tuple[Path, Rules]]:
        """`path` and the folders above it that lie in the same repository, topmost first, with the rules for each."""
        top = next((folder for folder in path.parents if os.path.exists(folder / ".git")), None)
        if top is None:
            return
        rules: Rules = ()
        for step in path.relative_to(top).parts:
            rules = self.within(top, rules)
            top /= step
            yield top, rules

    def rules_for(self, path: Path) -> Rules:
        """The rules that decide on a path itself."""
        return next((rules for step, rules in self.on_the_way_to(path) if step == path), ())

    def _file(self, file: Path, base: Path) -> Rules:
        if file not in self._read:
            try:
                lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
            except OSError:  # there is none, or it is a folder, or not for us to read: git goes on, too
                lines = []
            self._read[file] = (Globs.lenient(base, lines),) if lines else ()
        return self._read[file]


def is_ignored(path: Path, rules: Rules, *, is_folder: bool) -> bool:
    """Whether rules leave a path out, if they left in the folders above it."""
    verdicts = (globs.verdict(path, is_folder=is_folder) for globs in reversed(rules))
    return next((verdict for verdict in verdicts if verdict is not None), False)
