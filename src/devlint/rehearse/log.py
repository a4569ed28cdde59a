"""What was noted in a rehearsal, once for each place, and what becomes of it: findings."""

from __future__ import annotations

import linecache
import os
from collections.abc import Sequence

from devlint.findings import FileResult, Finding, Related
from devlint.rehearse.events.base import Event, Side
from devlint.rehearse.places import Excerpt, Places, Spot, excerpt


class Log:
    """The events of a session, in the order of their first time."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.counts: dict[tuple[str, str, int], int] = {}
        self._noted: list[tuple[Event, Excerpt]] = []
        self._subjects: set[tuple[str, str]] = set()
        self._seen: dict[tuple[str, Spot | None], tuple[str, str, int]] = {}

    def note(
        self, kind: type[Event], sides: Sequence[Side], inside: str | None = None, subject: str | None = None
    ) -> None:
        """Something that fails on the real device happens in the user's code, at the innermost line of this stack.

        `subject`: what is noted once wherever it happens, such as a device that was chosen in one place.
        """
        if subject is not None and (kind.meta.code, subject) in self._subjects:
            return
        spot = self.places.here()
        key = self._seen.get((kind.meta.code, spot))
        if key is None:
            if spot is None:
                return  # no code of the user's is running: nothing that a user could change
            place = excerpt(spot)
            key = self._seen[kind.meta.code, spot] = (kind.meta.code, place.location.path, place.location.span.line)
            if subject is not None:
                self._subjects.add((kind.meta.code, subject))
            if key not in self.counts:
                self._noted.append((kind(tuple(sides), inside), place))
        self.counts[key] = self.counts.get(key, 0) + 1

    def clear(self) -> None:
        """Forget what was noted."""
        self.counts.clear()
        self._noted.clear()
        self._subjects.clear()
        self._seen.clear()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was noted, as findings in the order of every report."""
        return tuple(sorted((_finding(*each) for each in self._noted), key=lambda finding: finding.sort_key))

    def results(self) -> tuple[FileResult, ...]:
        """The findings by file, with the source of all files that they point into."""
        files: dict[str, list[Finding]] = {}
        for finding in self.findings:
            files.setdefault(finding.location.path, []).append(finding)
            for related in finding.related:
                files.setdefault(related.location.path, [])
        return tuple(
            FileResult(path, tuple(found), source={None: _source(path)}) for path, found in sorted(files.items())
        )


def _finding(event: Event, place: Excerpt) -> Finding:
    meta = event.meta
    related = tuple(
        Related(excerpt(side.origin[1]).location, f"{_subject(side)} {side.origin[0]} here")
        for side in event.sides
        if side.origin is not None
    )
    return Finding(
        meta.code,
        meta.name,
        event.message(place.text),
        place.location,
        meta.severity,
        meta.confidence,
        related,
        event.tip(),
    )


def _subject(side: Side) -> str:
    return f"`{side.name}`" if side.name else f"the tensor on `{side.device}`"


def _source(path: str) -> str:
    return "".join(linecache.getlines(os.path.abspath(path)))
