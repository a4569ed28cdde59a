"""Where absolute imports of a file may lead: its source roots."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

_TOPS = ("pyproject.toml", "setup.py", "setup.cfg", ".git")
"""One of these stands at the top of a project."""
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_HIGHEST = 8
"""Folders above a package within which the top of its project is looked for."""


def package_root(folder: str, is_file: Callable[[str], bool]) -> str:
    """The folder in which the topmost package around a folder lies; the folder itself if it is in none."""
    while is_file(os.path.join(folder, "__init__.py")):
        above = os.path.dirname(folder)
        if above == folder:
            break
        folder = above
    return folder


def source_roots(folder: str, is_file: Callable[[str], bool]) -> Iterator[str]:
    """The package's root, then the folders above it up to the top of the project, and `src` in each of them."""
    root = package_root(folder, is_file)
    yield root
    if is_installed(root):
        return
    above = _up_to_top(root)
    yield os.path.join(root, "src")
    for step in above[1:]:
        yield step
        yield os.path.join(step, "src")
    if len(above) == 1:
        yield os.path.join(os.path.dirname(root), "src")


def is_installed(root: str) -> bool:
    """Whether packages that do not belong together lie side by side in a folder."""
    return os.path.basename(root) in _INSTALLED


def _up_to_top(root: str) -> list[str]:
    """The root and the folders above it that belong to one project; just the root if that is not to be told."""
    steps = [root]
    while len(steps) < _HIGHEST:
        if any(os.path.exists(os.path.join(steps[-1], name)) for name in _TOPS):
            return steps
        above = os.path.dirname(steps[-1])
        if above == steps[-1]:
            break
        steps.append(above)
    return steps[:1]
