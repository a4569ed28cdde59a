"""What the functions of a device module say of its memory: the figures of the session's own account."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from devlint.rehearse.memory.ledger import CONTEXT
from devlint.rehearse.memory.summary import memory_summary

if TYPE_CHECKING:
    import torch

    from devlint.rehearse.memory.ledger import Pool
    from devlint.rehearse.session import Session

_ALLOCATED = ("memory_allocated", "memory_reserved", "memory_cached")
_USED = (*_ALLOCATED, "current_allocated_memory", "driver_allocated_memory", "device_memory_used")
_PEAK = tuple(f"max_{name}" for name in _ALLOCATED)
_RESETS = ("reset_peak_memory_stats", "reset_max_memory_allocated", "reset_max_memory_cached")


def _nothing(*_: Any, **__: Any) -> None:
    """There is no allocator to tell."""


class MemoryAnswers:
    """`device_of` is what finds the device that an argument means."""

    def __init__(self, session: Session, device_of: Callable[[Any], torch.device]) -> None:
        self._session = session
        self._device_of = device_of

    def functions(self) -> dict[str, Any]:
        """The answers by their names in `torch.cuda`, `torch.xpu`, `torch.mps` and `torch.accelerator`."""
        return {
            **dict.fromkeys(_USED, self.memory),
            **dict.fromkeys(_PEAK, self.peak),
            **dict.fromkeys(_RESETS, self.reset_peak),
            "mem_get_info": self.free_and_total,
            "get_memory_info": self.free_and_total,
            "memory_stats": self.statistics,
            "memory_stats_as_nested_dict": lambda device=None: _nested(self.statistics(device)),
            "memory_summary": self.summary,
            "host_memory_stats": dict,
            "host_memory_stats_as_nested_dict": dict,
            "memory_usage": lambda device=None: 0,
            "memory_snapshot": lambda *_, **__: [],
            "recommended_max_memory": lambda: self.free_and_total()[1],
            "get_per_process_memory_fraction": lambda device=None: 1.0,
            "get_allocator_backend": lambda: "native",
        } | dict.fromkeys(
            ("empty_cache", "set_per_process_memory_fraction", "reset_accumulated_memory_stats"), _nothing
        )

    def _pool(self, device: Any = None) -> Pool:
        return self._session.memory.pools[self._device_of(device)]

    def memory(self, device: Any = None) -> int:
        """`memory_allocated`, in bytes."""
        return self._pool(device).live

    def peak(self, device: Any = None) -> int:
        """`max_memory_allocated`, in bytes."""
        return self._pool(device).since_reset

    def reset_peak(self, device: Any = None) -> None:
        """`reset_peak_memory_stats`."""
        pool = self._pool(device)
        pool.since_reset = pool.live

    def free_and_total(self, device: Any = None) -> tuple[int, int]:
        """`mem_get_info`, in bytes."""
        total = self._session.cards[self._device_of(device).index].memory
        return max(0, total - CONTEXT - self.memory(device)), total

    def summary(self, device: Any = None, abbreviated: bool = False) -> str:
        """`memory_summary`."""
        return memory_summary(self._pool(device))

    def statistics(self, device: Any = None) -> dict[str, int]:
        """`memory_stats`: the figures that scripts read most."""
        live, peak = self.memory(device), self.peak(device)
        return {
            f"{what}_bytes.all.{when}": value
            for what in ("allocated", "reserved", "active")
            for when, value in (("current", live), ("peak", peak), ("allocated", peak), ("freed", peak - live))
        } | {"num_alloc_retries": 0, "num_ooms": 0}


def _nested(flat: dict[str, int]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in flat.items():
        *path, last = name.split(".")
        inner = nested
        for part in path:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return nested
