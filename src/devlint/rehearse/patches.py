"""Replacing attributes of PyTorch, and putting every one of them back."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

_ABSENT = object()
_OWN = "devlint."
_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep


class Patches:
    """What was replaced, in order; `undo` restores it, the last first."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []
        self.functions: list[tuple[str, Any, Any]] = []
        """Of functions and classes in modules: name, what was there before, and what is there now."""

    def set(self, owner: Any, name: str, value: Any) -> None:
        """Replace an attribute of a module or class, or add one that it does not have."""
        before = vars(owner).get(name, _ABSENT)
        setattr(owner, name, value)
        if isinstance(owner, ModuleType) and callable(before) and _is_ours(value):
            self.functions.append((name, before, value))
        if before is _ABSENT:
            self._undo.append(lambda: delattr(owner, name))
        else:
            self._undo.append(lambda: setattr(owner, name, before))

    def set_all(self, owner: Any, **values: Any) -> None:
        """Replace several attributes of one owner; those that this version of PyTorch does not have are left out."""
        for name, value in values.items():
            if hasattr(owner, name):
                self.set(owner, name, value)

    def wrap(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Replace an attribute, if it is there, by what `make` builds around it."""
        if hasattr(owner, name):
            original = getattr(owner, name)
            value = make(original)
            if isinstance(value, FunctionType):
                _resemble(value, original)
            self.set(owner, name, value)

    def at_end(self, action: Callable[[], None]) -> None:
        """Do something else when it is all put back."""
        self._undo.append(action)

    def spread(self) -> None:
        """Replace functions also where PyTorch's own modules have imported them by name."""
        _exchange({(name, id(before)): value for name, before, value in self.functions}, "torch.")

    def undo(self) -> None:
        """Put everything back, also in modules that were imported meanwhile.

        What one step raises does not keep the others from being done.
        """
        _exchange({(name, id(value)): before for name, before, value in self.functions})
        self.functions.clear()
        while self._undo:
            try:
                self._undo.pop()()
            except Exception:
                self.undo()
                raise


def _resemble(value: FunctionType, original: Any) -> None:
    """Answer to the name of what is replaced: tracers write calls by it."""
    for attribute in ("__name__", "__qualname__", "__module__", "__doc__"):
        if isinstance(getattr(original, attribute, None), str):
            setattr(value, attribute, getattr(original, attribute))


def _is_ours(value: Any) -> bool:
    """Whether a function or class belongs to nobody else, who would miss it."""
    return isinstance(value, type) or (isinstance(value, FunctionType) and value.__code__.co_filename.startswith(_HERE))


def _exchange(others: dict[tuple[str, int], Any], prefix: str = "") -> None:
    """In modules with names of this beginning, what has this name and identity becomes something else."""
    for module_name, module in list(sys.modules.items()):
        if isinstance(module, ModuleType) and module_name.startswith(prefix) and not module_name.startswith(_OWN):
            for name, value in list(vars(module).items()):
                other = others.get((name, id(value)))
                if other is not None:
                    setattr(module, name, other)
