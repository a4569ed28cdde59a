"""Streams and events: everything is done at once here, so that there is never anything to wait for."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any, ClassVar


class Stream:
    """`torch.cuda.Stream` and its relatives; a session has a class of its own, which knows the devices."""

    device_of: ClassVar[Callable[[Any], Any]]
    selected: ClassVar[dict[Any, Stream]]
    """The current stream of each device where it is not the default one."""
    _numbers = itertools.count(1)

    def __init__(self, device: Any = None, priority: int = 0, *, is_default: bool = False, **_: Any) -> None:
        self.device = type(self).device_of(device)
        self.device_index = self.device.index
        self.priority = priority
        self.stream_id = self.cuda_stream = self.native_handle = 0 if is_default else next(self._numbers)
        self._before: list[Stream] = []

    @classmethod
    def for_session(cls, device_of: Callable[[Any], Any]) -> type[Stream]:
        """The class of a session; `device_of` finds the device that an argument means."""
        return type("Stream", (cls,), {"device_of": staticmethod(device_of), "selected": {}})

    @classmethod
    def default(cls, device: Any = None) -> Stream:
        """The default stream of a device."""
        return cls(device, is_default=True)

    @classmethod
    def current(cls, device: Any = None) -> Stream:
        """The current stream of a device."""
        return cls.selected.get(cls.device_of(device)) or cls.default(device)

    def select(self) -> None:
        """Be the current stream of its device."""
        self.selected[self.device] = self

    def __enter__(self) -> Stream:
        self._before.append(self.current(self.device))
        self.select()
        return self

    def __exit__(self, *_: object) -> None:
        self._before.pop().select()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and (other.device, other.stream_id) == (self.device, self.stream_id)

    def __hash__(self) -> int:
        return hash((self.device, self.stream_id))

    def wait_stream(self, stream: Any) -> None:
        """There is nothing to wait for."""

    def wait_event(self, event: Any) -> None:
        """There is nothing to wait for."""

    def synchronize(self) -> None:
        """There is nothing to wait for."""

    def query(self) -> bool:
        """All is done."""
        return True

    def is_capturing(self) -> bool:
        """No graphs are captured."""
        return False

    def record_event(self, event: Event | None = None) -> Event:
        """An event that happens now."""
        event = event or Event()
        event.record(self)
        return event


class Event:
    """`torch.cuda.Event` and its relatives."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self._time: float | None = None

    def record(self, stream: Any = None) -> None:
        """It happens now."""
        self._time = time.perf_counter()

    def wait(self, stream: Any = None) -> None:
        """There is nothing to wait for."""

    def synchronize(self) -> None:
        """There is nothing to wait for."""

    def query(self) -> bool:
        """All is done."""
        return True

    def elapsed_time(self, end_event: Event) -> float:
        """Milliseconds of this machine's clock."""
        return 1000 * ((end_event._time or 0.0) - (self._time or 0.0))


class StreamContext:
    """`with torch.cuda.stream(...)`."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def __enter__(self) -> None:
        if self.stream is not None:
            self.stream.__enter__()

    def __exit__(self, *_: object) -> None:
        if self.stream is not None:
            self.stream.__exit__()
