"""The progress bar: on terminals only, only when it takes long, and gone at the end."""

from __future__ import annotations

import io

import pytest

from devlint.run import progress
from devlint.run.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only when told to."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    monkeypatch.setenv("TERM", "xterm")
    return now


def run(stream, clock, seconds_a_file: float, files: int = 4) -> None:
    with Progress(files, stream) as bar:
        for _ in range(files):
            clock[0] += seconds_a_file
            bar.advance()


def shown(text: str) -> str:
    """What a terminal line holds after some text, at most."""
    line = ""
    for part in text.split("\r"):
        line = part + line[len(part) :]
    return line.strip()


def test_a_bar_appears_and_goes(clock):
    terminal = Terminal()
    run(terminal, clock, 0.6)
    assert "[=======" in terminal.getvalue()
    assert "4/4 files" in terminal.getvalue()
    assert shown(terminal.getvalue()) == ""
    assert "\n" not in terminal.getvalue()


def test_nothing_appears_when_it_is_quick(clock):
    terminal = Terminal()
    run(terminal, clock, 0.1)
    assert terminal.getvalue() == ""


def test_changes_are_few(clock):
    terminal = Terminal()
    run(terminal, clock, 0.001, files=2000)
    assert 5 < terminal.getvalue().count("\r") < 20


def test_nothing_appears_off_terminals(clock, monkeypatch):
    pipe = io.StringIO()
    run(pipe, clock, 10)
    run(None, clock, 10)
    monkeypatch.setenv("TERM", "dumb")
    terminal = Terminal()
    run(terminal, clock, 10)
    assert pipe.getvalue() == terminal.getvalue() == ""
