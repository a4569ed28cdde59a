"""Functions that make tensors: their C++ cannot be asked for what this build does not have.

That is any device where they make tensors from data, and a device by its number for all of them.
"""

from __future__ import annotations

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
    before = default_device()
    patches.at_end(lambda: torch.set_default_device(before))
    _device_constructors()  # which keeps what it sees first: the functions that PyTorch itself calls
    for name in _FROM_DATA:
        patches.wrap(torch, name, lambda original: _from_data(session, original))
    for name in _SPARSE:
        patches.wrap(torch, name, lambda original: _from_parts(session, original))
    patches.wrap(Tensor, "new_tensor", lambda original: _new_tensor(session, original))
    for owner, names in ((torch, _BY_SIZE), (Tensor, _NEW)):
        for name in names:
            patches.wrap(owner, name, lambda original: _with_numbered_device(session, original))
    patches.wrap(torch, "range", _then_moved)
    for name in ("nested_tensor", "as_nested_tensor"):
        patches.wrap(torch.nested, name, _then_moved)
    patches.wrap(torch._C._nn, "_parse_to", lambda original: _parse_to(session, original))
    patches.wrap(torch, "from_numpy", lambda original: _on_host(session, original))
    patches.wrap(torch, "frombuffer", lambda original: _on_host(session, original))
    for owner in (torch, torch.utils.dlpack):
        patches.wrap(owner, "from_dlpack", lambda original: _shared(session, original))


def _with_numbered_device(session: Session, original: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`device=0` is the first device of the pretended kind."""

    def make(*args: Any, **kwargs: Any) -> Tensor:
        if type(kwargs.get("device")) is int:
            kwargs["device"] = session.device(kwargs["device"])
        if kwargs.get("pin_memory"):
            return original(*args, **{**kwargs, "pin_memory": False}).pin_memory()
        if kwargs.get("out") is not None and kwargs.get("device", default_device()) is not None:
            with torch.device("cpu"):  # C++ compares the two itself
                return original(*args, **{key: value for key, value in kwargs.items() if key != "device"})
        return original(*args, **kwargs)

    return make


def _then_moved(original: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """For functions that look for a kernel of the device before any mode sees them."""

    def make(*args: Any, device: Any = None, **kwargs: Any) -> Tensor:
        made = original(*args, **kwargs)
        return made if device is None else made.to(device)

    return make


def _parse_to(session: Session, original: Callable[..., Any]) -> Callable[..., Any]:
    """What reads the arguments of `Module.to`."""

    def parse(*args: Any, **kwargs: Any) -> Any:
        other = kwargs.pop("tensor", None) if "tensor" in kwargs else args[0] if args else None
        if isinstance(other, Tensor):
            return original(session.where(other).device, other.dtype, *args[1:], **kwargs)
        args = tuple(session.device(each) if type(each) is int else each for each in args)
        if type(kwargs.get("device")) is int:
            kwargs["device"] = session.device(kwargs["device"])
        return original(*args, **kwargs)

    return parse


def _from_data(session: Session, original: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`torch.tensor` and its like: on `device`, else where the data is if that is a tensor, else on the default."""

    def make(data: Any, *args: Any, device: Any = None, **kwargs: Any) -> Tensor:
        if kwargs.pop("pin_memory", False):
            return make(data, *args, device=device, **kwargs).pin_memory()
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

    return make


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


def _shared(session: Session, original: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The same memory in another tensor, which C++ does not tell."""

    def share(source: Any, *args: Any, **kwargs: Any) -> Tensor:
        made = original(source, *args, **kwargs)
        if isinstance(source, Tensor):
            settle(made, session.where(source))
        return made

    return share
