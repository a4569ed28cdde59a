"""`torch.device(0)`: a number alone means the pretended kind, which C++ of a build without it does not know."""

from __future__ import annotations

import copyreg
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from devlint.rehearse.patches import Patches
    from devlint.rehearse.session import Session


def install(session: Session, patches: Patches) -> None:
    """Have something in the place of the class that makes instances of it, and is as good as it for `isinstance`."""
    real = torch.device

    class Meta(type):
        """What C++ made is a device as well."""

        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, real) or super().__subclasscheck__(subclass)

        def __call__(cls, *args: Any, **kwargs: Any) -> torch.device:
            if not kwargs and len(args) == 1 and type(args[0]) is int:
                return real(session.kind, args[0])
            return real(*args, **kwargs)

        def __eq__(cls, other: object) -> bool:
            return other is cls or other is real

        def __hash__(cls) -> int:
            return hash(real)

    stand_in = Meta("device", (), {"__module__": "torch", "__doc__": real.__doc__})
    patches.set(torch, "device", stand_in)
    # pickle asks whether what it writes by name is what it finds by name
    copyreg.pickle(real, lambda it: (torch.device, (it.type,) if it.index is None else (it.type, it.index)))
    patches.at_end(lambda: copyreg.dispatch_table.__delitem__(real))
