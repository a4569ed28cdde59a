"""The course of a device's memory, in few points that keep every high."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

_MOST_POINTS = 1200


class Point(NamedTuple):
    """Memory at its highest within a few operations: when (counted in allocations), and bytes by purpose."""

    when: int
    by_purpose: tuple[int, ...]


class Timeline:
    """Takes note of each allocation; when there are too many points, each two become one."""

    def __init__(self) -> None:
        self.now = 0
        self.steps: list[int] = []
        """When each optimizer step began."""
        self._points: list[Point] = []
        self._stride = 1
        self._end = 1
        self._high = -1

    def note(self, live: int, by_purpose: Sequence[int]) -> None:
        """Memory was taken; `live` bytes are held now."""
        self.now += 1
        if self.now >= self._end:
            if len(self._points) >= _MOST_POINTS:
                self._thin()
            self._end = self.now + self._stride
            self._points.append(Point(self.now, tuple(by_purpose)))
            self._high = live
        elif live > self._high:
            self._points[-1] = Point(self.now, tuple(by_purpose))
            self._high = live

    @property
    def points(self) -> tuple[Point, ...]:
        """In order of time."""
        return tuple(self._points)

    def _thin(self) -> None:
        pairs = zip(self._points[::2], self._points[1::2], strict=False)
        self._points = [max(pair, key=lambda point: sum(point.by_purpose)) for pair in pairs]
        self._stride *= 2
