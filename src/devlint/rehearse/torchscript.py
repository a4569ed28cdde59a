"""`torch.jit.script` compiles calls of a session's functions as those of PyTorch's own."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

import torch


def builtin_table() -> dict[int, str]:
    """What TorchScript knows by identity; to be made before anything is replaced, or it takes in what is replaced."""
    table: dict[int, str] = torch.jit._builtins._get_builtin_table()  # type: ignore[no-untyped-call]
    return table


def introduce(replaced: Iterable[tuple[str, Any, Any]]) -> None:
    """Let it know the functions of a session: their names, what they replace, and themselves."""
    table = builtin_table()
    for _, original, replacement in replaced:
        if id(original) in table and id(replacement) not in table:
            table[id(replacement)] = table[id(original)]
            weakref.finalize(replacement, table.pop, id(replacement), None)
