"""`torch.cuda`, `torch.xpu`, `torch.mps` and `torch.accelerator`: which devices there are, and what they answer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import torch

from devlint.rehearse.graphs import Graph, graph, is_capturing, make_graphed_callables
from devlint.rehearse.surface._memory import MemoryAnswers
from devlint.rehearse.surface._streams import Event, Stream, StreamContext

if TYPE_CHECKING:
    from devlint.rehearse.patches import Patches
    from devlint.rehearse.session import Session

_AMPERE = (8, 0)


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
        _install_build(patches)


class Answers:
    """What the functions of a device module return."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.stream = Stream.for_session(self.device)

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

    def capability(self, device: Any = None) -> tuple[int, int]:
        """`get_device_capability`."""
        return self._session.cards[self.index(device)].capability

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


_WITHOUT_EFFECT = """
    init _lazy_init _lazy_call synchronize set_sync_debug_mode _check_capability ipc_collect check_error
    reset_accumulated_host_memory_stats reset_peak_host_memory_stats _record_memory_history _dump_snapshot
    caching_allocator_enable
""".split()
_READINGS = {
    "utilization": 0, "temperature": 40, "power_draw": 0, "clock_rate": 0, "current_blas_handle": 0,
    "current_solver_handle": 0, "get_sync_debug_mode": 0, "list_gpu_processes": "no processes are running",
}  # fmt: skip
_CUDA_VERSION, _CUDNN_VERSION = "13.0", 91300


def _nothing(*_: Any, **__: Any) -> None:
    """What a call does that has no effect here."""


class _Runtime:
    """`torch.cuda.cudart()`: every call succeeds."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: 0


def _install_build(patches: Patches) -> None:
    """What PyTorch's builds for CUDA say of themselves."""
    patches.set(torch.backends.cuda, "is_built", lambda: True)
    patches.set(torch.version, "cuda", _CUDA_VERSION)
    cudnn = torch.backends.cudnn
    patches.set_all(cudnn, is_available=lambda: True, version=lambda: _CUDNN_VERSION)
    patches.set(cudnn, "is_acceptable", lambda tensor: False)  # its kernels are not there
    markers = ("range_push", "range_pop", "range_start", "range_end", "mark")
    patches.set_all(torch.cuda.nvtx, **dict.fromkeys(markers, _nothing))


def _install_module(patches: Patches, module: Any, answers: Answers, session: Session) -> None:
    functions: dict[str, Any] = {
        **{name: lambda *_, answer=answer, **__: answer for name, answer in _READINGS.items()},
        **dict.fromkeys(_WITHOUT_EFFECT, _nothing),
        **_devices(answers, session),
        **_streams(answers),
        **MemoryAnswers(session, answers.device).functions(),
        "cudart": _Runtime,
    }
    for owner in (module, getattr(module, "memory", None), getattr(module, "random", None)):
        if owner is not None:
            patches.set_all(owner, **{name: answer for name, answer in functions.items() if name in vars(owner)})
    patches.set(torch.Tensor, "record_stream", _nothing)


def _devices(answers: Answers, session: Session) -> dict[str, Any]:
    cards = session.cards
    return {
        "is_available": lambda: True,
        "is_initialized": lambda: True,
        "device_count": lambda: len(cards),
        "current_device": lambda: session.current,
        "set_device": answers.select,
        "_exchange_device": answers.exchange,
        "_maybe_exchange_device": answers.exchange,
        "get_device_name": lambda device=None: answers.properties(device).name,
        "get_device_properties": answers.properties,
        "get_device_capability": answers.capability,
        "get_arch_list": lambda: sorted({f"sm_{card.capability[0]}{card.capability[1]}" for card in cards}),
        "is_bf16_supported": lambda including_emulation=True: including_emulation or answers.capability() >= _AMPERE,
        "is_tf32_supported": lambda: answers.capability() >= _AMPERE,
        "can_device_access_peer": lambda device, peer: answers.index(device) != answers.index(peer),
        "_is_in_bad_fork": lambda: False,
        "device": _guard(answers),
    }


def _streams(answers: Answers) -> dict[str, Any]:
    stream = answers.stream
    return {
        "Stream": stream,
        "Event": Event,
        "ExternalStream": stream,
        "StreamContext": StreamContext,
        "stream": StreamContext,
        "current_stream": stream.current,
        "default_stream": stream.default,
        "set_stream": stream.select,
        "is_current_stream_capturing": is_capturing,
        "CUDAGraph": Graph,
        "XPUGraph": Graph,
        "graph": graph,
        "graph_pool_handle": lambda: (0, 0),
        "make_graphed_callables": make_graphed_callables,
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
    module = torch.accelerator
    answered = {**_devices(answers, session), **_streams(answers), **MemoryAnswers(session, answers.device).functions()}
    patches.set_all(module, **{name: answer for name, answer in answered.items() if name in vars(module)})
    patches.set_all(
        module,
        current_accelerator=lambda check_available=False: torch.device(session.kind),
        current_device_index=lambda: session.current,
        current_device_idx=lambda: session.current,
        set_device_index=answers.select,
        set_device_idx=answers.select,
        device_index=_guard(answers),
        synchronize=_nothing,
        empty_host_cache=_nothing,
        Graph=Graph,
    )
    patches.set(torch, "Stream", answers.stream)
    patches.set(torch, "Event", Event)
    patches.wrap(torch._utils, "_get_available_device_type", lambda original: lambda: session.kind)
    patches.wrap(torch._C, "_get_accelerator", lambda original: lambda *_: torch.device(session.kind))
    patches.wrap(torch._C, "_accelerator_getAccelerator", lambda original: lambda: torch.device(session.kind))
    patches.wrap(torch._C, "_accelerator_getDeviceIndex", lambda original: lambda: session.current)
