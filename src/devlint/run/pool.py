"""Checking many files at once, in processes of our own.

The standard pools do not say which task a dead worker was on, and cannot end a single one that hangs. Here a worker
streams back one result a file, so the file that it died or hung on is known and reported, and the run goes on.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from devlint.findings import FailureKind, FileResult
from devlint.run.target import Target
from devlint.run.worker import Projects, check_target, failed, timed_out

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_BYTES_PER_WORKER = 200_000
"""How much source it takes for one more process to pay."""
_BATCHES_PER_WORKER = 8
_GRACE = 5.0
"""After how many seconds over the timeout a worker that did not stop by itself is killed."""


def check_targets(
    targets: Sequence[Target], *, timeout: float, jobs: int | None = None, on_done: Callable[[], None] = lambda: None
) -> list[FileResult]:
    """Check files, each within `timeout` seconds, in `jobs` processes; without a number, in as many as pay.

    The results are in the order of the targets and the same for any number of jobs. `on_done` is called after each.
    """
    pool = _Pool(targets, timeout, on_done)
    workers = min(jobs or _worthwhile_jobs(targets), len(targets))
    if workers > 1:
        pool.run(workers)
    return pool.finish()


def _worthwhile_jobs(targets: Sequence[Target]) -> int:
    return min(_cores(), sum(target.size for target in targets) // _BYTES_PER_WORKER)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _batches(targets: Sequence[Target], workers: int) -> deque[list[int]]:
    """Numbers of targets in batches of similar size, large files first, so that all workers end at about one time."""
    limit = sum(target.size for target in targets) / (workers * _BATCHES_PER_WORKER)
    batches: deque[list[int]] = deque()
    room = 0.0
    for number in sorted(range(len(targets)), key=lambda number: -targets[number].size):
        if not batches or room < targets[number].size:
            batches.append([])
            room = limit
        batches[-1].append(number)
        room -= targets[number].size
    return batches


class _Pool:
    """The state of one run: results so far, batches that wait, workers that live."""

    def __init__(self, targets: Sequence[Target], timeout: float, on_done: Callable[[], None]) -> None:
        self._targets = targets
        self._timeout = timeout
        self._on_done = on_done
        self._results: list[FileResult | None] = [None] * len(targets)
        self._waiting: deque[list[int]] = deque()
        self._workers: list[_Worker] = []

    def run(self, workers: int) -> None:
        """Check with so many workers; where none can be had, leave work for `finish`."""
        self._waiting = _batches(self._targets, workers)
        try:
            for _ in range(workers):
                self._hire()
            while self._workers:
                self._listen()
        finally:
            for worker in self._workers:
                worker.kill()

    def finish(self) -> list[FileResult]:
        """Check in this process whatever has no result yet."""
        projects = Projects()
        for number, target in enumerate(self._targets):
            if self._results[number] is None:
                self._record(number, check_target(target, self._timeout, projects))
        return [result for result in self._results if result is not None]

    def _record(self, number: int, result: FileResult) -> None:
        self._results[number] = result
        self._on_done()

    def _hire(self) -> None:
        with suppress(OSError):  # no more processes or pipes to be had: those that run will do, or else `finish`
            self._workers.append(_Worker(self._targets, self._timeout, self._workers))

    def _listen(self) -> None:
        """Wait for news of any worker, or for the time of one to be up."""
        patience = min(worker.deadline for worker in self._workers) - time.monotonic()
        from multiprocessing import connection  # late: a single file needs no processes

        speaking = connection.wait([worker.pipe for worker in self._workers], timeout=max(patience, 0))
        for worker in list(self._workers):
            if worker.pipe in speaking:
                self._hear(worker)
            elif worker.deadline < time.monotonic():
                worker.kill()
                self._replace(worker, timed_out)

    def _hear(self, worker: _Worker) -> None:
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            self._replace(worker, lambda target, _: failed(target, FailureKind.INTERNAL, worker.obituary()))
            return
        worker.has_spoken()
        if message is not None:
            self._record(worker.batch.popleft(), message)
        if worker.batch:
            return
        if self._waiting:
            worker.give(self._waiting.popleft())
        else:
            self._workers.remove(worker)
            worker.dismiss()

    def _replace(self, worker: _Worker, verdict: Callable[[Target, float], FileResult]) -> None:
        """Blame the file that a worker was lost on, and hire another; one that was lost before any has no successor."""
        self._workers.remove(worker)
        if worker.batch:
            number = worker.batch.popleft()
            self._record(number, verdict(self._targets[number], self._timeout))
            if worker.batch:
                self._waiting.appendleft(list(worker.batch))
            if self._waiting:
                self._hire()


class _Worker:
    """A process that checks files, our end of the pipe to it, and what it has yet to answer."""

    def __init__(self, targets: Sequence[Target], timeout: float, others: Sequence[_Worker]) -> None:
        # Forking is quick, but safe only where the system's own libraries are fine with it and no thread is cut off.
        forks = sys.platform == "linux" and threading.active_count() == 1
        import multiprocessing  # late: see above

        context = multiprocessing.get_context("fork") if forks else multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        # A fork has copies of our ends of all pipes; while it keeps them, no worker can notice that we are gone.
        copies = [self.pipe, *(worker.pipe for worker in others)] if forks else []
        self._process = context.Process(target=_serve, args=(theirs, copies, targets, timeout), daemon=True)
        try:
            self._process.start()
        except BaseException:
            self.pipe.close()
            raise
        finally:
            theirs.close()
        self._patience = timeout + _GRACE
        self.batch: deque[int] = deque()
        self.has_spoken()

    def has_spoken(self) -> None:
        """The time for its next answer begins."""
        self.deadline = time.monotonic() + self._patience

    def give(self, batch: list[int]) -> None:
        """Hand over numbers of targets."""
        self.batch.extend(batch)
        with suppress(OSError):  # if it has just died, the next look at the pipe will tell
            self.pipe.send(batch)

    def dismiss(self) -> None:
        """Let it go; it ends when its pipe is closed."""
        self.pipe.close()
        self._process.join(_GRACE)
        self.kill()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.join()
        self.pipe.close()

    def obituary(self) -> str:
        """What to say of the file that it died on."""
        self.kill()
        code = self._process.exitcode or 0
        cause = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return f"the process that checked this file died ({cause}); please report it, or exclude the file"


def _serve(pipe: Connection, copies: Sequence[Connection], targets: Sequence[Target], timeout: float) -> None:
    """The life of a worker: say hello, then answer each number of a target with its result."""
    for copy in copies:
        copy.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; our parent decides
    projects = Projects()
    try:
        pipe.send(None)
        while True:
            for number in pipe.recv():
                pipe.send(check_target(targets[number], timeout, projects))
    except (EOFError, OSError):  # our parent let us go, or is gone
        return
