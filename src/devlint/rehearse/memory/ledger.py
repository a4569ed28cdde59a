"""Counts the memory of pretend devices: every storage that comes to be on one, until it dies."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch.nn.parameter import is_lazy

from devlint.rehearse.memory.purpose import Owner, Purpose, Reason, Reasons
from devlint.rehearse.memory.timeline import Timeline
from devlint.rehearse.residence import Residence, storage_of

if TYPE_CHECKING:
    from devlint.rehearse.cards import Card
    from devlint.rehearse.places import Places

GRANULE = 512
"""PyTorch's CUDA allocator gives out memory in multiples of this many bytes."""
CONTEXT = 512 << 20
"""What CUDA and its libraries take of a card before the first tensor: 0.3 to 1 GiB on real ones."""
_ALLOCATION = "_devlint_allocation"
_HOST_IS_FULL = re.compile(
    r"DefaultCPUAllocator: (?:can't allocate|not enough) memory: you tried to allocate (\d+) bytes"
)
Key = tuple[int, int, int, int]
T = TypeVar("T")


class PretendedOutOfMemory(torch.OutOfMemoryError):
    """Raised where the real card would have no room. `need` says in a few words how much is missing."""

    __module__, __qualname__ = "torch", "OutOfMemoryError"
    need = ""


class Allocation:
    """The memory of one storage; it hangs on the storage and ends with it."""

    __slots__ = ("key", "pool", "reason", "size")

    def __init__(self, pool: Pool, size: int, reason: Reason) -> None:
        self.pool = pool
        self.size = 0  # nothing is given back if there is no room
        pool.require(size)
        self.size = size
        self.assign(reason)
        pool.take(self)

    def assign(self, reason: Reason) -> None:
        """Say what it is for."""
        self.reason = reason
        spot = reason.spot
        self.key = (reason.purpose, id(spot[0]) if spot else 0, spot[1] if spot else 0, id(reason.owner))

    def __del__(self) -> None:
        if self.size:
            self.pool.give_back(self)


class Pool:
    """The memory of one device. `live` and `peak` are in bytes, `since_reset` is the peak that scripts can reset."""

    def __init__(self, device: torch.device, capacity: int | None) -> None:
        self.device = device
        self.capacity = capacity
        self.live = self.peak = self.since_reset = 0
        self.by_purpose = [0] * len(Purpose)
        self.groups: dict[Key, int] = {}
        self.reasons: dict[Key, Reason] = {}
        self.at_peak: dict[Key, int] = {}
        self.at_steps: list[dict[Key, int]] = []
        """The groups where the second step began (all state is there by then) and where the last one did."""
        self.live_at_steps: list[int] = []
        self.timeline = Timeline()
        self._is_new_peak = False

    def require(self, size: int) -> None:
        """PretendedOutOfMemory if there is no room."""
        if self.capacity is not None and self.live + size > self.capacity - CONTEXT:
            error = PretendedOutOfMemory(self._no_room(size, self.capacity))
            free = max(0, self.capacity - CONTEXT - self.live)
            error.need = f"{_amount(size)}, and of {_amount(self.capacity)} there are {_amount(free)} free"
            raise error from None

    def _no_room(self, size: int, capacity: int) -> str:
        used = CONTEXT + self.live
        name = self.device.type.upper()
        return (
            f"{name} out of memory. Tried to allocate {_amount(size)}. GPU {self.device.index} has a total capacity of "
            f"{_amount(capacity)} of which {_amount(max(0, capacity - used))} is free. Including non-PyTorch memory, "
            f"this process has {_amount(used)} memory in use. Of the allocated memory {_amount(self.live)} is allocated"
            f" by PyTorch, and 0 bytes is reserved by PyTorch but unallocated. (This card is pretended by devlint, in "
            f"process {os.getpid()}.)"
        )

    def take(self, allocation: Allocation) -> None:
        """Memory was taken."""
        self.live += allocation.size
        self._add(allocation, allocation.size)
        self.reasons.setdefault(allocation.key, allocation.reason)
        if self.live > self.since_reset:
            self.since_reset = self.live
        if self.live > self.peak:
            self.peak = self.live
            self._is_new_peak = True
        self.timeline.note(self.live, self.by_purpose)

    def give_back(self, allocation: Allocation) -> None:
        """Memory was given back."""
        self.settle_peak()
        self.live -= allocation.size
        self._add(allocation, -allocation.size)

    def explain(self, allocation: Allocation, reason: Reason) -> None:
        """It turns out what memory is for."""
        self._add(allocation, -allocation.size)
        allocation.assign(reason)
        self._add(allocation, allocation.size)
        self.reasons.setdefault(allocation.key, reason)

    def settle_peak(self) -> None:
        """Keep what there is at the peak, before it goes."""
        if self._is_new_peak:
            self.at_peak = {key: size for key, size in self.groups.items() if size}
            self._is_new_peak = False

    def begin_step(self) -> None:
        """An optimizer step begins."""
        self.timeline.steps.append(self.timeline.now)
        self.live_at_steps.append(self.live)
        if len(self.live_at_steps) > 1:
            self.at_steps[1:] = [dict(self.groups)] if self.at_steps else []
            if not self.at_steps:
                self.at_steps.append(dict(self.groups))

    def _add(self, allocation: Allocation, size: int) -> None:
        self.by_purpose[allocation.key[0]] += size
        self.groups[allocation.key] = self.groups.get(allocation.key, 0) + size


class Ledger:
    """The memory of all devices of a session."""

    def __init__(self, places: Places, devices: Sequence[torch.device], cards: Sequence[Card], limited: bool) -> None:
        self._reasons = Reasons(places)
        self.pools = {
            device: Pool(device, card.memory if limited else None) for device, card in zip(devices, cards, strict=True)
        }
        self.on_no_room: Callable[[str], None] = lambda need: None
        self._hooks: list[Any] = []
        self._first_optimizer: int | None = None

    def placed(self, storage: Any, residence: Residence) -> None:
        """A storage came to be somewhere; `residence.settle` calls this."""
        before: Allocation | None = getattr(storage, _ALLOCATION, None)
        pool = self.pools.get(residence.device)
        if before is not None:
            if before.pool is pool:
                return
            delattr(storage, _ALLOCATION)
        if pool is None:
            return
        size = storage.nbytes() if isinstance(storage, torch.UntypedStorage) else 0
        if size:
            setattr(storage, _ALLOCATION, self._allocate(pool, -(-size // GRANULE) * GRANULE, residence))

    def host_failed(self, device: torch.device, error: RuntimeError) -> None:
        """An operation raised; if this machine had no room for its result, say so if the card has none either."""
        size = _HOST_IS_FULL.search(str(error))
        if size and device in self.pools:
            self._guarded(lambda: self.pools[device].require(int(size[1])))

    def _allocate(self, pool: Pool, size: int, residence: Residence) -> Allocation:
        reason = self._reasons.now()
        if reason.owner is None and reason.purpose is Purpose.ACTIVATIONS and _is_made_at(residence, reason):
            reason = Reason(Purpose.INPUTS, reason.spot, None)
        return self._guarded(lambda: Allocation(pool, size, reason))

    def _guarded(self, take: Callable[[], T]) -> T:
        try:
            return take()
        except PretendedOutOfMemory as error:
            self.on_no_room(error.need)
            raise error from None

    # ------------------------------------------------------------------ what memory turns out to be

    def arrived(self, tensor: torch.Tensor) -> None:
        """A tensor was copied from the host: it is input, unless a module is being moved."""
        self._explain(tensor, Purpose.INPUTS, unless=(Purpose.PARAMETERS, Purpose.OPTIMIZER_STATE))

    def registered(self, module: torch.nn.Module, name: str, parameter: Any) -> None:
        """A module takes a parameter; see `torch.nn.modules.module.register_module_parameter_registration_hook`."""
        if parameter is not None and not is_lazy(parameter):
            self.follow(parameter, self._reasons.owner(module))

    def follow(self, parameter: torch.Tensor, owner: Owner | None = None) -> None:
        """Know a parameter and its gradients for what they are."""
        self._explain(parameter, Purpose.PARAMETERS, owner)
        if parameter.requires_grad and parameter.is_leaf and not parameter._post_accumulate_grad_hooks:
            hook = parameter.register_post_accumulate_grad_hook(self._accumulated)  # type: ignore[no-untyped-call]
            self._hooks.append(hook)

    def _accumulated(self, parameter: torch.Tensor) -> None:
        if parameter.grad is not None:
            self._explain(parameter.grad, Purpose.GRADIENTS, self._owner_of(parameter))

    def begin_step(self, optimizer: torch.optim.Optimizer) -> bool:
        """An optimizer step begins: what it holds is known now. Whether it is a step of the first optimizer seen."""
        is_first = self._first_optimizer in (None, id(optimizer))
        if is_first:
            self._first_optimizer = id(optimizer)
            for pool in self.pools.values():
                pool.begin_step()
        for parameter in _parameters(optimizer):
            self.follow(parameter)
            if parameter.grad is not None:
                self._explain(parameter.grad, Purpose.GRADIENTS, self._owner_of(parameter))
        return is_first

    def end_step(self, optimizer: torch.optim.Optimizer) -> None:
        """An optimizer step is done: what it keeps is known now."""
        for parameter, state in optimizer.state.items():
            owner = self._owner_of(parameter) if isinstance(parameter, torch.Tensor) else None
            for value in state.values() if isinstance(state, dict) else ():
                if isinstance(value, torch.Tensor):
                    self._explain(value, Purpose.OPTIMIZER_STATE, owner)

    def _owner_of(self, tensor: torch.Tensor) -> Owner | None:
        allocation = getattr(storage_of(tensor), _ALLOCATION, None)
        return allocation.reason.owner if allocation is not None else None

    def _explain(
        self, tensor: torch.Tensor, purpose: Purpose, owner: Owner | None = None, unless: Iterable[Purpose] = ()
    ) -> None:
        allocation: Allocation | None = getattr(storage_of(tensor), _ALLOCATION, None)
        if allocation is None:
            return
        before = allocation.reason
        owner = owner or before.owner
        if before.purpose not in unless and (before.purpose is not purpose or before.owner is not owner):
            allocation.pool.explain(allocation, Reason(purpose, before.spot, owner))

    def close(self) -> None:
        """Take back what was put on the user's objects."""
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()


def _parameters(optimizer: torch.optim.Optimizer) -> Iterable[torch.Tensor]:
    return (parameter for group in optimizer.param_groups for parameter in group["params"])


def _is_made_at(residence: Residence, reason: Reason) -> bool:
    """Whether it is made there by a factory, and not computed from something."""
    return residence.origin is not None and residence.origin.spot == reason.spot


def _amount(size: float) -> str:
    """As PyTorch's allocator writes it."""
    if size >= 1 << 30:
        return f"{size / 2**30:.2f} GiB"
    if size >= 1 << 20:
        return f"{size / 2**20:.2f} MiB"
    return f"{size / 2**10:.2f} KiB" if size >= 1 << 10 else f"{size:.0f} bytes"
