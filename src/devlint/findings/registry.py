"""Finding rules and checks: every module below a package is imported, and its public subclasses are what there is."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def modules_below(package: ModuleType) -> list[ModuleType]:
    """All modules of a package and its sub-packages, imported, in alphabetical order."""
    found = []
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not info.name.rpartition(".")[2].startswith("_"):
            found.append(importlib.import_module(info.name))
    return found


def subclasses_in(package: ModuleType, base: type[T]) -> tuple[type[T], ...]:
    """The concrete subclasses of `base` that the modules of a package define."""
    found = {}
    for module in modules_below(package):
        for _, member in inspect.getmembers(module, inspect.isclass):
            if issubclass(member, base) and member is not base and member.__module__ == module.__name__:
                found[member.__qualname__, member.__module__] = member
    return tuple(found.values())
