"""Streams and events: everything is done at once here, so that there is never anything to wait for."""

from __future__ import annotations

import time
from typing import Any


class Stream:
    """`torch.cuda.Stream` and its relatives."""

    def __init__(self, device: Any = None, priority: int = 0, **_: Any) -> None:
        self.device = device
        self.priority = priority
        self.stream_id = self.cuda_stream = self.native_handle = 0

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing changes."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and other.device == self.device

    def __hash__(self) -> int:
        return hash(self.device)

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
        """Nothing changes."""

    def __exit__(self, *_: object) -> None:
        """Nothing changes."""
