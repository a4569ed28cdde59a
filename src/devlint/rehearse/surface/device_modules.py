"""`torch.cuda`, `torch.xpu`, `torch.mps` and `torch.accelerator`: which devices there are, and what they answer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import torch

from devlint.rehearse.memory.ledger import CONTEXT
from devlint.rehearse.memory.summary import memory_summary
from devlint.rehearse.surface._streams import Event, Stream, StreamContext

if TYPE_CHECKING:
    from devlint.rehearse.memory.ledger import Pool
    from devlint.rehearse.patches import Patches
    from devlint.rehearse.session import Session


def install(session: Session, patches: Patches) -> None:
    """Let the module of the pretended kind answer for the session's cards, and the others say that they have none."""
    answers = Answers(session)
    modules = {"cuda": torch.cuda, "xpu": torch.xpu, "mps": torch.mps}
    for kind, module in modules.items():
        if kind != session.kind:
            patches.set_all(module, is_available=lambda: False, device_count=lambda: 0)
    _install_module(patches, modules[session.kind], answers, session)
    _install_accelerator(patches, answers, session)
    patches.set(torch.backends.mps, "is_available", lambda: session.kind == "mps")
    patches.set(torch.backends.mps, "is_built", lambda: session.kind == "mps")
    if session.kind == "cuda":
        patches.set(torch.backends.cuda, "is_built", lambda: True)
        patches.set(torch.backends.cudnn, "is_acceptable", lambda tensor: False)  # its kernels are not there


class Answers:
    """What the functions of a device module return."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def index(self, device: Any = None) -> int:
        """The number of the device that an argument means."""
        session = self._session
        if device is None:
            return session.current
        return session.device(device).index if not isinstance(device, int) or device >= 0 else session.current

    def device(self, device: Any = None) -> torch.device:
        """The device that an argument means."""
        return self._session.devices[self.index(device)]

    def select(self, device: Any) -> None:
        """`set_device`."""
        self._session.current = self.index(device)

    def exchange(self, device: Any) -> int:
        """Select another device, and say which it was."""
        before = self._session.current
        self.select(device)
        return before

    def properties(self, device: Any = None) -> SimpleNamespace:
        """`get_device_properties`."""
        card = self._session.cards[self.index(device)]
        return SimpleNamespace(
            name=card.name,
            major=card.capability[0],
            minor=card.capability[1],
            total_memory=card.memory,
            multi_processor_count=card.multiprocessors,
            max_threads_per_multi_processor=1536,
            regs_per_multiprocessor=65536,
            shared_memory_per_block=49152,
            shared_memory_per_block_optin=101376,
            shared_memory_per_multiprocessor=102400,
            warp_size=32,
            L2_cache_size=4 << 20,
            is_integrated=False,
            is_multi_gpu_board=False,
            gcnArchName="",
            uuid="00000000-0000-0000-0000-000000000000",
        )

    def _pool(self, device: Any = None) -> Pool:
        return self._session.memory.pools[self.device(device)]

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
        total = self._session.cards[self.index(device)].memory
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


_WITHOUT_EFFECT = (
    "init",
    "_lazy_init",
    "_lazy_call",
    "synchronize",
    "set_sync_debug_mode",
    "_check_capability",
    "ipc_collect",
)


def _nothing(*_: Any, **__: Any) -> None:
    """What a call does that has no effect here."""


def _install_module(patches: Patches, module: Any, answers: Answers, session: Session) -> None:
    count = len(session.cards)
    functions: dict[str, Any] = {
        "is_available": lambda: True,
        "is_initialized": lambda: True,
        "device_count": lambda: count,
        "current_device": lambda: session.current,
        "set_device": answers.select,
        "_exchange_device": answers.exchange,
        "_maybe_exchange_device": answers.exchange,
        "get_device_name": lambda device=None: answers.properties(device).name,
        "get_device_properties": answers.properties,
        "get_device_capability": lambda device=None: session.cards[answers.index(device)].capability,
        "get_arch_list": lambda: sorted({f"sm_{card.capability[0]}{card.capability[1]}" for card in session.cards}),
        "is_bf16_supported": lambda including_emulation=True: (
            including_emulation or session.cards[session.current].capability >= (8, 0)
        ),
        "is_tf32_supported": lambda: session.cards[session.current].capability >= (8, 0),
        "can_device_access_peer": lambda device, peer: answers.index(device) != answers.index(peer),
        "is_current_stream_capturing": lambda: False,
        "_is_in_bad_fork": lambda: False,
        "device": _guard(answers),
        "utilization": lambda device=None: 0,
        "temperature": lambda device=None: 40,
        "power_draw": lambda device=None: 0,
        "clock_rate": lambda device=None: 0,
        "device_memory_used": answers.memory,
        "list_gpu_processes": lambda device=None: "no processes are running",
    }
    functions |= dict.fromkeys(_WITHOUT_EFFECT, _nothing)
    functions |= _streams(answers) | _memory(answers)
    patches.set_all(module, **functions)
    if hasattr(module, "memory"):
        patches.set_all(module.memory, **_memory(answers))
    patches.set(torch.Tensor, "record_stream", _nothing)


def _memory(answers: Answers) -> dict[str, Any]:
    names = ("memory_allocated", "memory_reserved", "memory_cached")
    usage = dict.fromkeys((*names, "current_allocated_memory", "driver_allocated_memory"), answers.memory)
    peak = dict.fromkeys(("max_memory_allocated", "max_memory_reserved", "max_memory_cached"), answers.peak)
    resets = ("reset_peak_memory_stats", "reset_max_memory_allocated", "reset_max_memory_cached")
    return {
        **usage,
        **peak,
        **dict.fromkeys(resets, answers.reset_peak),
        "mem_get_info": answers.free_and_total,
        "memory_stats": answers.statistics,
        "memory_summary": answers.summary,
        "memory_snapshot": lambda *_, **__: [],
        "recommended_max_memory": lambda: answers.free_and_total()[1],
        **dict.fromkeys(("empty_cache", "set_per_process_memory_fraction", "reset_accumulated_memory_stats"), _nothing),
        "_record_memory_history": _nothing,
    }


def _streams(answers: Answers) -> dict[str, Any]:
    default = Stream(answers.device())
    return {
        "Stream": Stream,
        "Event": Event,
        "ExternalStream": Stream,
        "StreamContext": StreamContext,
        "stream": StreamContext,
        "current_stream": lambda device=None: default,
        "default_stream": lambda device=None: default,
        "set_stream": _nothing,
    }


def _guard(answers: Answers) -> type:
    class Guard:
        """`with torch.cuda.device(...)`: another current device for a while."""

        def __init__(self, device: Any) -> None:
            self.idx = answers.index(device)
            self.prev_idx = -1

        def __enter__(self) -> Any:
            self.prev_idx = answers.exchange(self.idx)
            return self

        def __exit__(self, *_: object) -> None:
            answers.select(self.prev_idx)

    return Guard


def _install_accelerator(patches: Patches, answers: Answers, session: Session) -> None:
    patches.set_all(
        torch.accelerator,
        is_available=lambda: True,
        device_count=lambda: len(session.cards),
        current_accelerator=lambda check_available=False: torch.device(session.kind),
        current_device_index=lambda: session.current,
        current_device_idx=lambda: session.current,
        set_device_index=answers.select,
        set_device_idx=answers.select,
        device_index=_guard(answers),
        current_stream=lambda device=None: Stream(answers.device(device)),
        set_stream=_nothing,
        synchronize=_nothing,
        get_memory_info=answers.free_and_total,
        empty_host_cache=_nothing,
        **{name: answer for name, answer in _memory(answers).items() if hasattr(torch.accelerator, name)},
    )
    patches.set(torch, "Stream", Stream)
    patches.set(torch, "Event", Event)
    patches.wrap(torch._utils, "_get_available_device_type", lambda original: lambda: session.kind)
    patches.wrap(torch._C, "_get_accelerator", lambda original: lambda *_: torch.device(session.kind))
    patches.wrap(torch._C, "_accelerator_getAccelerator", lambda original: lambda: torch.device(session.kind))
    patches.wrap(torch._C, "_accelerator_getDeviceIndex", lambda original: lambda: session.current)
