"""Checking one file, come what may."""

from __future__ import annotations

import signal
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from devlint.findings import Failure, FailureKind, FileResult
from devlint.lint import check_source, fix_source, ignore_source
from devlint.project import Project
from devlint.run.target import STDIN, Fixing, Ignoring, Target
from devlint.settings.schema import LintSettings

_REMINDER = 1.0
"""After how many seconds an alarm that something swallowed goes off again."""


class Projects:
    """What one process knows of the files around the checked ones; serves one run, in which no file changes."""

    def __init__(self) -> None:
        self._by_roots: dict[tuple[str, ...], Project] = {}

    def of(self, path: str, settings: LintSettings) -> Project | None:
        """The project of a file, if its imports are to be followed; what has no place on disk has none."""
        if not settings.follow_imports or path == STDIN:
            return None
        return self._by_roots.setdefault(settings.source_roots, Project(settings.source_roots))


def check_target(target: Target, timeout: float, projects: Projects) -> FileResult:
    """Read and check one file; whatever goes wrong is a failure in the result."""
    try:
        data = target.data if target.data is not None else Path(target.path).read_bytes()
    except OSError as error:
        return failed(target, FailureKind.UNREADABLE, f"cannot be read: {error.strerror}")
    try:
        with _alarm(timeout):
            return _result(data, target, projects.of(target.path, target.settings))
    except _TimeUp:
        return timed_out(target, timeout)
    except Exception as error:
        message = f"devlint failed with {type(error).__name__}; please report it, with the traceback of --verbose"
        return failed(target, FailureKind.INTERNAL, message, traceback.format_exc())


def _result(data: bytes, target: Target, project: Project | None) -> FileResult:
    match target.change:
        case Fixing(unsafe=unsafe):
            return fix_source(data, target.path, target.settings, project, unsafe=unsafe)
        case Ignoring(reason=reason):
            return ignore_source(data, target.path, target.settings, reason, project)
    return check_source(data, target.path, target.settings, project)


def timed_out(target: Target, timeout: float) -> FileResult:
    """The result for a file that took too long."""
    message = f"took longer than {timeout:g} seconds and was given up; raise --timeout, or exclude it"
    return failed(target, FailureKind.TIMEOUT, message)


def failed(target: Target, kind: FailureKind, message: str, detail: str | None = None) -> FileResult:
    """The result for a file that could not be checked."""
    return FileResult(target.path, failures=(Failure(kind, target.path, message, detail=detail),))


class _TimeUp(BaseException):
    """Not an Exception, so that no `except Exception` on the way takes it for an error of its own."""


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise _TimeUp when time is up, where the platform can interrupt a computation."""
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, _REMINDER)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _ring(signum: int, frame: FrameType | None) -> None:
    raise _TimeUp
