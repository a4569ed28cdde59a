"""gitignore patterns and the folder they are relative to."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


class Globs:
    """Patterns as in a .gitignore file that lies in `base`, an absolute folder; ValueError on a pattern that is none.

    A path outside `base` is looked at from the root of the file system, so that a plain name still matches.
    """

    def __init__(self, base: Path, patterns: Iterable[str]) -> None:
        from pathspec import GitIgnoreSpec

        self._spec = GitIgnoreSpec.from_lines(patterns)
        self._base = base.as_posix().rstrip("/") + "/"

    @classmethod
    def lenient(cls, base: Path, patterns: Iterable[str]) -> Globs:
        """As git does, take no notice of patterns that are none."""
        valid = []
        for pattern in patterns:
            try:
                cls(base, (pattern,))
            except ValueError:
                continue
            valid.append(pattern)
        return cls(base, valid)

    def rebased(self, base: Path) -> Globs:
        """The same patterns, as if they were written in another folder."""
        twin = object.__new__(Globs)
        twin._spec = self._spec
        twin._base = base.as_posix().rstrip("/") + "/"
        return twin

    def verdict(self, path: Path, *, is_folder: bool = False) -> bool | None:
        """Whether an absolute path is named (True), excepted by a `!` pattern (False), or not mentioned (None)."""
        text = path.as_posix()
        inner = text[len(self._base) :] if text.startswith(self._base) else text.lstrip("/")
        return self._spec.check_file(inner + "/" if is_folder else inner).include
