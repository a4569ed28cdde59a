"""Replacing attributes of PyTorch, and putting every one of them back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_ABSENT = object()


class Patches:
    """What was replaced, in order; `undo` restores it, the last first."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def set(self, owner: Any, name: str, value: Any) -> None:
        """Replace an attribute of a module or class, or add one that it does not have."""
        before = vars(owner).get(name, _ABSENT)
        setattr(owner, name, value)
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
            self.set(owner, name, make(getattr(owner, name)))

    def at_end(self, action: Callable[[], None]) -> None:
        """Do something else when it is all put back."""
        self._undo.append(action)

    def undo(self) -> None:
        """Put everything back; what one step raises does not keep the others from being done."""
        while self._undo:
            try:
                self._undo.pop()()
            except Exception:
                self.undo()
                raise
