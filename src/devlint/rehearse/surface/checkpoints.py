"""`torch.save` and `torch.load`: storages keep their device, and `map_location` sends them elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import serialization

from devlint.rehearse.residence import CPU, MARK, Residence, settle_storage

if TYPE_CHECKING:
    from devlint.rehearse.patches import Patches
    from devlint.rehearse.session import Session

_PRIORITY = 5
"""Before the CPU's entry (10), which would take every storage."""


def install(session: Session, patches: Patches) -> None:
    """Register the pretended kind of device with PyTorch's own table of where storages come from and go to."""

    def tag(storage: Any) -> str | None:
        found = getattr(_untyped(storage), MARK, None)
        return str(found.device) if found is not None and found.device not in (None, CPU) else None

    def restore(storage: Any, location: str) -> Any:
        if torch.device(location).type != session.kind if _is_device(location) else True:
            return None
        residence = Residence(session.device(location), session.origin("was loaded"))
        settle_storage(_untyped(storage), residence)
        return storage

    entry = (_PRIORITY, tag, restore)
    serialization._package_registry.append(entry)
    serialization._package_registry.sort()
    patches.at_end(lambda: serialization._package_registry.remove(entry))
    patches.wrap(torch.UntypedStorage, session.kind, lambda original: _moved(session, session.kind))
    patches.wrap(torch.UntypedStorage, "cpu", lambda original: _moved(session, "cpu"))


def _is_device(location: str) -> bool:
    try:
        torch.device(location)
    except RuntimeError:
        return False
    return True


def _untyped(storage: Any) -> Any:
    return storage._untyped_storage if isinstance(storage, torch.storage.TypedStorage) else storage


def _moved(session: Session, kind: str) -> Callable[..., Any]:
    def move(self: Any, device: Any = None, *_: Any, **__: Any) -> Any:
        copy = self.clone()
        wanted = session.device(kind if device is None else device)
        settle_storage(copy, Residence(wanted, session.origin("was moved")))
        return copy

    return move
