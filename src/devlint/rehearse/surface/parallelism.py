"""Several devices and processes: process groups, DataParallel, threads.

One process is rehearsed. In a group of several it is the first, and collectives leave its tensors as they are.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed

from devlint.rehearse.watch import Watch

if TYPE_CHECKING:
    from devlint.rehearse.patches import Patches
    from devlint.rehearse.session import Session

Tensor = torch.Tensor
_BACKENDS = {"cuda": "nccl", "xpu": "xccl", "mps": "gloo"}


def install(session: Session, patches: Patches) -> None:
    """Let what needs the real device run on the CPU."""
    patches.wrap(threading.Thread, "run", lambda original: _watched(session, original))
    if torch.distributed.is_available():
        _install_groups(session, patches)
    _install_data_parallel(session, patches)
    _install_spawn(patches)


def _watched(session: Session, original: Callable[[Any], None]) -> Callable[[Any], None]:
    """PyTorch's modes belong to one thread; a thread that starts in a session takes part in it."""

    def run(self: Any) -> None:
        with Watch(session):
            original(self)

    return run


# -------------------------------------------------------------------------------------------------- process groups


def _install_groups(session: Session, patches: Patches) -> None:
    import torch.distributed.distributed_c10d as c10d

    asked: list[str] = []

    def init(original: Callable[..., None]) -> Callable[..., None]:
        def init_process_group(backend: str | None = None, *args: Any, **kwargs: Any) -> None:
            asked[:] = [backend or _BACKENDS[session.kind]]
            kwargs = {key: value for key, value in kwargs.items() if key not in ("device_id", "pg_options")}
            size = int(kwargs.get("world_size", -1))
            size = int(os.environ.get("WORLD_SIZE", 1)) if size == -1 else size
            if size > 1:
                rank = max(int(kwargs.get("rank", os.environ.get("RANK", 0))), 0)
                original("fake", rank=rank, world_size=size, store=_fake_store())
            else:
                original("gloo" if asked[0] != "fake" else "fake", *args, **kwargs)

        return init_process_group

    def backend(original: Callable[..., str]) -> Callable[..., str]:
        return lambda group=None: asked[0] if asked and group is None else original(group)

    def ddp(original: Callable[..., None]) -> Callable[..., None]:
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            if torch.distributed.get_world_size(self.process_group) > 1:
                self.register_comm_hook(None, lambda state, bucket: _done(bucket.buffer()))

        return __init__

    patches.wrap(torch.nn.parallel.DistributedDataParallel, "__init__", ddp)
    for owner in (torch.distributed, c10d):
        patches.wrap(owner, "init_process_group", init)
        patches.wrap(owner, "get_backend", backend)
        patches.set_all(owner, is_nccl_available=lambda: session.kind == "cuda")


def _done(value: Tensor) -> Any:
    """What a collective returns that has nobody to wait for."""
    future: Any = torch.futures.Future()
    future.set_result(value)
    return future


def _fake_store() -> Any:
    """What a group needs that talks to nobody; its module registers the backend `fake`."""
    from torch.testing._internal.distributed.fake_pg import FakeStore

    return FakeStore()


def _install_spawn(patches: Patches) -> None:
    """Processes that a script starts for its devices: the first runs here, the others are left out."""

    def spawn(fn: Any, args: Any = (), nprocs: int = 1, join: bool = True, **_: Any) -> Any:
        fn(0, *args)

    for name in ("torch.multiprocessing", "torch.multiprocessing.spawn"):
        module = import_module(name)
        if callable(module.spawn):
            patches.set(module, "spawn", spawn)


# ---------------------------------------------------------------------------------------------------- DataParallel


def _install_data_parallel(session: Session, patches: Patches) -> None:
    """`torch._C` has these functions in builds with CUDA only."""

    def to(tensor: Tensor, device: Any) -> Tensor:
        return tensor.to(device if isinstance(device, torch.device) else torch.device(session.kind, device))

    def scatter(tensor: Tensor, devices: Sequence[int], sizes: Any, dim: int, streams: Any = None) -> list[Tensor]:
        parts = torch.split(tensor, sizes, dim) if sizes else tensor.chunk(len(devices), dim)
        return [to(part, device) for part, device in zip(parts, devices, strict=False)]

    def gather(tensors: Sequence[Tensor], dim: int, destination: Any) -> Tensor:
        there = session.devices[session.current] if destination is None else destination
        return torch.cat([to(each, there) for each in tensors], dim)

    functions = {
        "_scatter": scatter,
        "_gather": gather,
        "_broadcast": lambda tensor, devices: [to(tensor, device) for device in devices],
        "_broadcast_coalesced": lambda tensors, devices, size=0: [[to(each, it) for each in tensors] for it in devices],
    }
    for name, function in functions.items():
        if not hasattr(torch._C, name):
            patches.set(torch._C, name, function)
