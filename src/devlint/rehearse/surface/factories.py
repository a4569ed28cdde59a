"""Functions that make tensors: their C++ cannot be asked for what this build does not have.

That is any device where they make tensors from data, and a device by its number for all of them.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch.overrides import _get_current_function_mode_stack
from torch.utils._device import DeviceContext, _device_constructors

from devlint.rehearse.residence import CPU, Residence, settle

if TYPE_CHECKING:
    from devlint.rehearse.patches import Patches
    from devlint.rehearse.session import Session

Tensor = torch.Tensor
Make = Callable[..., Tensor]
_FROM_DATA = ("tensor", "as_tensor", "asarray")
_SPARSE = tuple(f"sparse_{layout}_tensor" for layout in ("coo", "csr", "csc", "bsr", "bsc", "compressed"))


_BY_SIZE = """
    zeros ones empty full rand randn randint randperm arange range linspace logspace eye empty_strided normal
    scalar_tensor zeros_like ones_like empty_like full_like rand_like randn_like randint_like
""".split()
_NEW = "new_zeros new_ones new_empty new_full new_empty_strided".split()


def default_device() -> torch.device | None:
    """What `torch.set_default_device` or the innermost `with torch.device(...)` says, if anything."""
    for mode in reversed(_get_current_function_mode_stack()):  # type: ignore[no-untyped-call]
        if isinstance(mode, DeviceContext):
            return mode.device
    return None


def install(session: Session, patches: Patches) -> None:
    """Replace what makes tensors."""
    _device_constructors()  # which keeps what it sees first: the functions that PyTorch itself calls
    for name in _FROM_DATA:
        patches.wrap(torch, name, lambda original: _from_data(session, original))
    for name in _SPARSE:
        patches.wrap(torch, name, lambda original: _from_parts(session, original))
    patches.wrap(Tensor, "new_tensor", lambda original: _new_tensor(session, original))
    for owner, names in ((torch, _BY_SIZE), (Tensor, _NEW)):
        for name in names:
            patches.wrap(owner, name, lambda original: _with_numbered_device(session, original))
    patches.wrap(torch._C._nn, "_parse_to", lambda original: _parse_to(session, original))
    patches.wrap(torch, "from_numpy", lambda original: _on_host(session, original))
    patches.wrap(torch, "frombuffer", lambda original: _on_host(session, original))


def _with_numbered_device(session: Session, original: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`device=0` is the first device of the pretended kind."""

    def make(*args: Any, **kwargs: Any) -> Tensor:
        if type(kwargs.get("device")) is int:
            kwargs["device"] = session.device(kwargs["device"])
        return original(*args, **kwargs)

    return known_to_torchscript(original, make)


def _parse_to(session: Session, original: Callable[..., Any]) -> Callable[..., Any]:
    """What reads the arguments of `Module.to`."""

    def parse(*args: Any, **kwargs: Any) -> Any:
        args = tuple(session.device(each) if type(each) is int else each for each in args)
        if type(kwargs.get("device")) is int:
            kwargs["device"] = session.device(kwargs["device"])
        return original(*args, **kwargs)

    return parse


def known_to_torchscript(original: Any, replacement: Make) -> Make:
    """`torch.jit.script` compiles calls of the replacement as those of the original."""
    table = torch.jit._builtins._get_builtin_table()  # type: ignore[no-untyped-call]
    if id(original) in table:
        table[id(replacement)] = table[id(original)]
        weakref.finalize(replacement, table.pop, id(replacement), None)
    return replacement


def _from_data(session: Session, original: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`torch.tensor` and its like: on `device`, else where the data is if that is a tensor, else on the default."""

    def make(data: Any, *args: Any, device: Any = None, **kwargs: Any) -> Tensor:
        if isinstance(data, Tensor):
            return _from_tensor(data, device, *args, **kwargs)
        wanted = device if device is not None else default_device()
        there = CPU if wanted is None else session.device(wanted)
        made = original(data, *args, device=there if there.type == "meta" else CPU, **kwargs)
        if there.type != "meta":
            session.settle(made, there, "was made")
        return made

    def _from_tensor(data: Tensor, device: Any, *args: Any, **kwargs: Any) -> Tensor:
        here = session.where(data)
        there = here.device if device is None else session.device(device)
        if there == here.device:
            made = original(data, *args, **kwargs, **({"device": CPU} if there.type != "meta" else {}))
            if made is not data:
                settle(made, here)
            return made
        made = original(data.detach().clone(), *args, **kwargs)
        session.settle(made, there, "was moved")
        return made

    return known_to_torchscript(original, make)


def _from_parts(session: Session, original: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Sparse tensors: on `device`, else where the values are."""

    def make(*args: Any, device: Any = None, **kwargs: Any) -> Tensor:
        made = original(*args, **kwargs)
        if device is not None:
            session.settle(made, session.device(device), "was made")
        return made

    return make


def _new_tensor(session: Session, original: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def new_tensor(self: Tensor, data: Any, *args: Any, device: Any = None, **kwargs: Any) -> Tensor:
        made = original(self, data, *args, **kwargs)
        session.settle(made, session.where(self).device if device is None else session.device(device), "was made")
        return made

    return new_tensor


def _on_host(session: Session, original: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Always CPU memory."""

    def make(*args: Any, **kwargs: Any) -> Tensor:
        made = original(*args, **kwargs)
        settle(made, Residence(CPU, session.origin("was made")))
        return made

    return make
