"""What a tensor says of itself, and how it is moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.parameter import is_lazy

from devlint.rehearse.backward import move
from devlint.rehearse.events.numpy_of_accelerator_tensor import NumpyOfAcceleratorTensor
from devlint.rehearse.fake import REAL_ON_HOST, is_fake
from devlint.rehearse.residence import CPU, MARK, Residence, residence_of, settle

if TYPE_CHECKING:
    from devlint.rehearse.patches import Patches
    from devlint.rehearse.session import Session

Tensor = torch.Tensor
_NAMES = {"cuda": "is_cuda", "mps": "is_mps", "xpu": "is_xpu"}


def install(session: Session, patches: Patches) -> None:
    """Replace the properties and methods of `torch.Tensor` that devices have a part in."""
    _install_questions(session, patches)
    _install_moves(session, patches)
    _install_host(session, patches)


# ---------------------------------------------------------------------------------------------------------- questions


def _install_questions(session: Session, patches: Patches) -> None:
    real_device = Tensor.device.__get__

    fake = session.fake

    def device(self: Tensor) -> torch.device:
        if fake is not None and fake.is_busy:
            return real_device(self)
        found = residence_of(self)
        if found.device is None:
            found = session.where(self)
        if found.device is CPU:
            its: torch.device = real_device(self)
            return its
        return found.device

    def is_type(name: str) -> property:
        return property(lambda self: device(self).type == name)

    def get_device(self: Tensor) -> int:
        index = device(self).index
        return -1 if index is None else index

    patches.set(Tensor, "device", property(device))
    for name, attribute in _NAMES.items():
        patches.set(Tensor, attribute, is_type(name))
    patches.set(Tensor, "is_cpu", is_type("cpu"))
    patches.set(Tensor, "get_device", get_device)
    patches.set(torch, "get_device", get_device)


# --------------------------------------------------------------------------------------------------------------- moves


def _install_moves(session: Session, patches: Patches) -> None:
    mover = Mover(session)
    patches.set(Tensor, "to", mover.to)
    patches.set(Tensor, "cpu", mover.to_host)
    patches.set(Tensor, session.kind, mover.to_accelerator)
    patches.set(Tensor, "type_as", lambda self, other: mover.move(self, session.where(other).device, other.dtype))
    patches.wrap(Tensor, "new", mover.new)
    patches.wrap(torch.UntypedStorage, "clone", _clone_with_mark)


def _clone_with_mark(original: Callable[..., Any]) -> Callable[..., Any]:
    """`copy.deepcopy` of a tensor copies its storage."""

    def clone(self: Any) -> Any:
        copy = original(self)
        if hasattr(self, MARK):
            setattr(copy, MARK, getattr(self, MARK))
        return copy

    return clone


class Mover:
    """`Tensor.to` and its relatives."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._to = Tensor.to

    @property
    def to(self) -> Callable[..., Tensor]:
        """The method."""

        def to(tensor: Tensor, *args: Any, **kwargs: Any) -> Tensor:
            return self._by_arguments(tensor, args, kwargs)

        return to

    @property
    def to_host(self) -> Callable[..., Tensor]:
        """`Tensor.cpu`."""

        def cpu(tensor: Tensor, memory_format: torch.memory_format = torch.preserve_format) -> Tensor:
            return self.move(tensor, CPU, memory_format=memory_format)

        return cpu

    @property
    def to_accelerator(self) -> Callable[..., Tensor]:
        """`Tensor.cuda`, or what the pretended kind of device calls it."""
        kind = self._session.kind

        def move(
            tensor: Tensor,
            device: Any = None,
            non_blocking: bool = False,
            memory_format: torch.memory_format = torch.preserve_format,
            **_: Any,
        ) -> Tensor:
            return self.move(tensor, kind if device is None else device, memory_format=memory_format)

        return move

    def new(self, original: Callable[..., Tensor]) -> Callable[..., Tensor]:
        """`x.new(...)` is where `x` is."""

        def new(tensor: Tensor, *args: Any, **kwargs: Any) -> Tensor:
            made = original(tensor, *args, **kwargs)
            self._session.settle(made, self._session.where(tensor).device, "was made")
            return made

        return new

    def _by_arguments(self, tensor: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
        names = ["dtype", "non_blocking", "copy"]
        if args and isinstance(args[0], Tensor):
            names = ["other", "non_blocking", "copy"]
        elif args and not isinstance(args[0], torch.dtype):
            names = ["device", "dtype", "non_blocking", "copy"]
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        device, dtype = given.get("device"), given.get("dtype")
        if (other := given.get("other")) is not None:
            device, dtype = self._session.where(other).device, other.dtype
        if not set(given) <= {"device", "dtype", "other", "non_blocking", "copy", "memory_format"}:
            return self._to(tensor, *args, **kwargs)  # which says what is wrong with them
        copy, memory_format = bool(given.get("copy")), given.get("memory_format")
        return self.move(tensor, device, dtype, copy=copy, memory_format=memory_format)

    def move(
        self,
        tensor: Tensor,
        device: Any,
        dtype: torch.dtype | None = None,
        *,
        copy: bool = False,
        memory_format: torch.memory_format | None = None,
    ) -> Tensor:
        """The tensor on a device, and of a dtype, where these are given; itself, if it is so already."""
        session = self._session
        here = session.where(tensor)
        there = here.device if device is None else session.device(device)
        options: dict[str, Any] = {} if dtype is None else {"dtype": dtype}
        if memory_format is not None:
            options["memory_format"] = memory_format
        if there == here.device or there.type == "meta":
            real = {**options, "device": there} if there.type == "meta" else options
            result = self._to(tensor, **real, copy=copy) if real or copy else tensor
            if there.type == "meta" and result is not tensor:
                settle(result, Residence(there, here.origin))
            return result
        residence = Residence(there, session.origin("was moved"))
        session.traffic.copied(tensor, here.device, there)
        if tensor.requires_grad and torch.is_grad_enabled():
            result = move(tensor, lambda each: self._copy(each, options, there), here, residence)
        else:
            result = self._copy(tensor, options, there)
            settle(result, residence)
        if here.device.type == "cpu":
            session.memory.arrived(result)
        return result

    def _copy(self, tensor: Tensor, options: dict[str, Any], there: torch.device) -> Tensor:
        fake = self._session.fake
        if fake is not None and not is_fake(tensor) and there is not CPU:
            return fake.empty(tensor.shape, options.get("dtype") or tensor.dtype)
        if fake is not None and is_fake(tensor) and there is CPU and tensor.nbytes <= REAL_ON_HOST:
            tensor = fake.real(tensor)
        options = options or {"dtype": tensor.dtype}
        if is_lazy(tensor):  # its class knows PyTorch's own methods only
            with torch._C.DisableTorchFunctionSubclass():
                return self._to(tensor, **options, copy=True).as_subclass(type(tensor))
        return self._to(tensor, **options, copy=True)


# ---------------------------------------------------------------------------------------------------------------- host


def _install_host(session: Session, patches: Patches) -> None:
    def guarded(original: Callable[..., Any]) -> Callable[..., Any]:
        def read(self: Tensor, *args: Any, **kwargs: Any) -> Any:
            if session.where(self).device.type != "cpu" and not kwargs.get("force"):
                session.note(NumpyOfAcceleratorTensor, session.side(self))
                self = self.detach().clone()
                settle(self, Residence(CPU))
            return original(self, *args, **kwargs)

        return read

    patches.wrap(Tensor, "numpy", guarded)
    patches.wrap(Tensor, "__array__", guarded)
    patches.wrap(Tensor, "share_memory_", lambda original: lambda self: _share(original, self))


def _share(original: Callable[[Tensor], Tensor], tensor: Tensor) -> Tensor:
    """Nothing for a tensor of an accelerator, as in PyTorch."""
    return original(tensor) if not tensor.is_cuda else tensor
