"""A file as the interpreter sees it: its model, and what its module-level names hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devlint.flow.values import Value
    from devlint.model.module import ModuleModel

_DEFAULT_DEVICE_CHANGES = re.compile(r"\bset_default_(device|tensor_type)\s*\(")


class Unit:
    """The checked file; `env` is filled by running its statements."""

    def __init__(self, model: ModuleModel) -> None:
        self.model = model
        self.env: dict[str, Value] = {}
        self.default_device_changes = bool(_DEFAULT_DEVICE_CHANGES.search(model.text))

    def look_up(self, name: str) -> Value | None:
        """The value of a module-level name."""
        return self.env.get(name)
