"""Programs that sleep, flood, die and leave others behind cost their limit and nothing else."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devlint.doctor.probes import commands
from devlint.doctor.probes.answer import NotAvailable
from devlint.doctor.probes.commands import Program, run_bounded

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fakes are shell scripts")


def fake(folder: Path, name: str, script: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("sleep 60", "tool did not answer within 0.4 s"),
        ("trap '' TERM; sleep 60", "tool did not answer within 0.4 s"),
        ("echo one; echo last words >&2; exit 9", "tool ended with exit code 9: last words"),
        ("echo only this; exit 9", "tool ended with exit code 9: only this"),
        ("exit 9", "tool ended with exit code 9"),
        ("kill -SEGV $$", "tool was ended by SIGSEGV"),
        ("yes", "tool printed more than 4 MiB"),
    ],
)
def test_failures_have_reasons(script: str, reason: str, tmp_path: Path) -> None:
    begin = time.perf_counter()
    with pytest.raises(NotAvailable) as caught:
        run_bounded([fake(tmp_path, "tool", script)], limit=0.4 if "sleep" in script else 10)
    assert str(caught.value) == reason
    assert time.perf_counter() - begin < 4


def test_answers(tmp_path: Path) -> None:
    assert run_bounded([fake(tmp_path, "tool", "printf 'caf\\303\\251 \\377\\n'")]) == "café �\n"


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotAvailable, match="no-such-tool is not installed, or not on the PATH"):
        run_bounded(["no-such-tool"])
    (tmp_path / "text").write_text("no program")
    with pytest.raises(NotAvailable, match="could not be started: Permission denied"):
        run_bounded([str(tmp_path / "text")])


@pytest.mark.parametrize("ending", ["sleep 60", "exit 0"])
def test_leaves_no_children_behind(ending: str, tmp_path: Path) -> None:
    """Whether the program hangs, or ends and leaves a child that holds the pipe open."""
    begin = time.perf_counter()
    outcome = Program([fake(tmp_path, "tool", f"sleep 60 & echo $!; {ending}")]).outcome(0.4)
    assert time.perf_counter() - begin < 3
    deadline = time.perf_counter() + 2
    while alive(int(outcome.stdout)) and time.perf_counter() < deadline:
        time.sleep(0.01)
    assert not alive(int(outcome.stdout))


def test_a_child_that_fled_does_not_hold_us_up(tmp_path: Path) -> None:
    """A daemon is in a session of its own; it may live, but is not waited for."""
    begin = time.perf_counter()
    outcome = Program([fake(tmp_path, "tool", "setsid sleep 30 & echo $!")]).outcome(5)
    try:
        assert outcome.failure is None
        assert time.perf_counter() - begin < 4
    finally:
        os.kill(int(outcome.stdout), signal.SIGKILL)


def test_a_program_that_cannot_be_killed_does_not_hold_us_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As nvidia-smi cannot be while it waits for a driver that hangs."""
    kill = commands._kill_group
    program = Program([fake(tmp_path, "tool", "exec sleep 60")])
    monkeypatch.setattr(commands, "_kill_group", lambda process: None)
    begin = time.perf_counter()
    assert program.outcome(0.3).failure == "tool did not answer within 0.3 s"
    assert time.perf_counter() - begin < 4
    kill(program._process)
    program._process.wait(5)


def test_nothing_outlives_an_interrupted_run(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    tool = fake(tmp_path, "tool", f"echo $$ > {pid_file}; exec sleep 60")
    code = f"""
import os, time
from devlint.doctor.probes.commands import Program
program = Program([{tool!r}])
while not os.path.exists({str(pid_file)!r}) or not open({str(pid_file)!r}).read():
    time.sleep(0.01)
raise KeyboardInterrupt
"""
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=20)
    assert not alive(int(pid_file.read_text()))
