"""What the scripts of this folder share: files, settings, worker processes. Not a script itself."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path
from typing import Any

from devlint.rules import all_metas
from devlint.settings.schema import LintSettings


def python_files(paths: Iterable[str]) -> list[Path]:
    """Every .py file below folders (and the files named), in order; SystemExit if a path is not there."""
    found: set[Path] = set()
    for path in map(Path, paths):
        if not path.exists():
            raise SystemExit(f"{path}: no such file or folder")
        found |= set(path.rglob("*.py")) if path.is_dir() else {path}
    return sorted(path for path in found if path.is_file())


def lint_settings(*, pedantic: bool, screen: bool = True) -> LintSettings:
    """The default rules, or all there are."""
    enabled = frozenset(meta.code for meta in all_metas() if pedantic or not meta.pedantic)
    return LintSettings(enabled=enabled, unsure=enabled if pedantic else frozenset(), use_screen=screen)


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker process died or hung on an item."""

    reason: str


def each_in_workers(
    work: Callable[[Any], Any], items: Iterable[Any], *, jobs: int, limit: float
) -> Iterator[tuple[Any, Any, float]]:
    """Yield (item, work(item), seconds) as they come; Lost stands for a result that took over `limit` s or a process.

    devlint's own pool is not used, so that what is measured does not depend on what measures.
    """
    waiting = deque(items)
    workers = [_Worker(work) for _ in range(min(jobs, len(waiting)))]
    while workers or waiting:
        while len(workers) < jobs and waiting:
            workers.append(_Worker(work))
        for worker in workers:
            if worker.item is None and waiting:
                worker.give(waiting.popleft())
        for worker in [worker for worker in workers if worker.item is None]:
            worker.end()
            workers.remove(worker)
        speaking = connection.wait([worker.pipe for worker in workers], timeout=0.5) if workers else []
        for worker in list(workers):
            over = time.perf_counter() - worker.since
            if worker.pipe not in speaking and over < limit:
                continue
            item = worker.item
            result = worker.take() if worker.pipe in speaking else Lost(f"killed after {limit:g} s")
            if isinstance(result, Lost):
                worker.end()
                workers.remove(worker)
            yield item, result, over


class _Worker:
    """A process, our end of the pipe to it, and the item that it is on (None: none)."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(work, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self.item: Any = None
        self.since = 0.0
        self.pipe.recv()  # the time that it takes to start is no item's

    def give(self, item: Any) -> None:
        self.item, self.since = item, time.perf_counter()
        self.pipe.send(item)

    def take(self) -> Any:
        self.item = None
        try:
            return self.pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            return Lost(f"the process died with exit code {self._process.exitcode}")

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self.pipe.close()


def _serve(work: Callable[[Any], Any], pipe: connection.Connection) -> None:
    try:
        pipe.send(None)
        while True:
            pipe.send(work(pipe.recv()))
    except (EOFError, OSError):  # our parent let us go
        os._exit(0)
