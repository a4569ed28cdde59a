"""Other programs, run so that none can hang, flood or outlive the run."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from devlint.doctor.probes.answer import NotAvailable

_MOST_OUTPUT = 4 << 20
"""Bytes kept of a program's output; one that prints more is not the program that it should be, and is ended."""

_LAST_WORDS = 0.5
"""Seconds for a killed program to go, and for its output to arrive: late only if a child of it holds the pipe."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a program. `code` is None if it did not end within its limit, negative if a signal ended it."""

    name: str
    code: int | None
    stdout: str
    stderr: str
    limit: float
    flooded: bool = False

    @property
    def failure(self) -> str | None:
        """Why the program's answer is not to be trusted, in plain words; None if it ended well."""
        if self.flooded:
            return f"{self.name} printed more than {_MOST_OUTPUT >> 20} MiB"
        if self.code is None:
            return f"{self.name} did not answer within {self.limit:g} s"
        if self.code < 0:
            return f"{self.name} was ended by {_signal_name(-self.code)}{self._said}"
        return f"{self.name} ended with exit code {self.code}{self._said}" if self.code else None

    @property
    def _said(self) -> str:
        lines = (self.stderr.strip() or self.stdout.strip()).splitlines()
        return f": {lines[-1].strip()[:300]}" if lines else ""


class Program:
    """A program that runs in a process group of its own; `outcome` waits for it, no longer than its limit."""

    def __init__(self, command: Sequence[str], *, env: Mapping[str, str] | None = None) -> None:
        self.name = Path(command[0]).name
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=env,
                **_OWN_GROUP,
            )
        except FileNotFoundError as error:
            raise NotAvailable(f"{command[0]} is not installed, or not on the PATH") from error
        except OSError as error:
            raise NotAvailable(f"{command[0]} could not be started: {error.strerror}") from error
        _RUNNING.add(self)
        assert self._process.stdout is not None and self._process.stderr is not None
        self._stdout, self._stderr = _Reader(self._process.stdout), _Reader(self._process.stderr)

    def outcome(self, limit: float) -> Outcome:
        """What became of it after at most `limit` seconds; nothing of it runs any more afterwards."""
        code: int | None = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(limit)
        if code is None or not self._all_read():
            self.end()  # in the latter case it has left something behind, which keeps the pipe open
            self._all_read()
        _RUNNING.discard(self)
        flooded = self._stdout.flooded or self._stderr.flooded
        return Outcome(self.name, code, self._stdout.text(), self._stderr.text(), limit, flooded)

    def _all_read(self) -> bool:
        return self._stdout.finished(_LAST_WORDS) and self._stderr.finished(_LAST_WORDS)

    def end(self) -> None:
        """Kill the program and all that it started; one that hangs in a driver dies later, and is not waited for."""
        _kill_group(self._process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_WORDS)


_RUNNING: set[Program] = set()


@atexit.register
def _end_all() -> None:
    """Nothing outlives the run, neither when it is interrupted nor when a probe was given up."""
    for program in list(_RUNNING):
        program.end()


class _Reader:
    """Reads a pipe in a thread, so that a program never waits for us and we never wait for a pipe."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._kept = bytearray()
        self.flooded = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._pipe:  # closed at the limit: the program's next write ends it
            while chunk := os.read(self._pipe.fileno(), 1 << 16):
                self._kept += chunk
                if len(self._kept) > _MOST_OUTPUT:
                    self.flooded = True
                    return

    def finished(self, limit: float) -> bool:
        """Whether all has been read, after waiting `limit` seconds at most."""
        self._thread.join(limit)
        return not self._thread.is_alive()

    def text(self) -> str:
        """What has arrived so far."""
        return bytes(self._kept).decode("utf-8", errors="replace").replace("\r\n", "\n")


def run_bounded(command: Sequence[str], *, limit: float = 5.0, env: Mapping[str, str] | None = None) -> str:
    """What a program prints, within `limit` seconds; NotAvailable with the reason if it fails in any way."""
    outcome = Program(command, env=env).outcome(limit)
    if outcome.failure is not None:
        raise NotAvailable(outcome.failure)
    return outcome.stdout


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        ended = ["taskkill", "/T", "/F", "/PID", str(process.pid)]
        subprocess.run(ended, capture_output=True, check=False, timeout=5)
        process.kill()
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # all ended on their own; macOS answers EPERM for a zombie
        process.kill()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


_OWN_GROUP: dict[str, Any] = {"start_new_session": True}
if sys.platform == "win32":
    _OWN_GROUP = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
