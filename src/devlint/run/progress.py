"""A progress bar for whoever waits at a terminal."""

from __future__ import annotations

import os
import time
from contextlib import AbstractContextManager
from typing import TextIO

_PATIENCE = 1.0
_INTERVAL = 0.1
"""Seconds until a bar appears, and between its changes."""
_WIDTH = 30


class Progress(AbstractContextManager["Progress"]):
    """Counts finished files; shows a bar once it has taken a while, if on a terminal, and wipes it at the end."""

    def __init__(self, total: int, stream: TextIO | None) -> None:
        self._total = total
        self._stream = stream
        self._done = 0
        self._next = time.monotonic() + _PATIENCE if stream and is_terminal(stream) else float("inf")
        self._shown = 0

    def advance(self) -> None:
        """One more file is done."""
        self._done += 1
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _INTERVAL
            filled = _WIDTH * self._done // self._total
            self._show(f"[{'=' * filled}{' ' * (_WIDTH - filled)}] {self._done}/{self._total} files")

    def __exit__(self, *exception: object) -> None:
        if self._shown:
            self._show("")

    def _show(self, line: str) -> None:
        print(f"\r{line:<{self._shown}}", end="" if line else "\r", file=self._stream, flush=True)
        self._shown = len(line)


def is_terminal(stream: TextIO) -> bool:
    """Whether a stream leads to a terminal that moves its cursor."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"
