"""Checking many files: same results for any number of processes, and nothing that goes wrong stops the others."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from devlint.findings import FailureKind, FileResult
from devlint.run import pool, worker
from devlint.run.pool import check_targets
from devlint.run.target import Target
from devlint.settings.schema import LintSettings

TIMEOUT = 0.5

needs_fork = pytest.mark.skipif(sys.platform != "linux", reason="only a forked worker sees the replaced check_source")


def target(path: str, size: int = 1) -> Target:
    return Target(path, LintSettings(), size, data=path.encode())


def hang_in_python() -> None:
    while True:
        pass


def hang_out_of_reach() -> None:
    """As native code does: no alarm is delivered."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    time.sleep(60)


def crash() -> None:
    raise KeyError("oh")


BEHAVIOUR = {
    "crash": crash,
    "hang": hang_in_python,
    "stuck": hang_out_of_reach,
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "exited": lambda: os._exit(3),
}


@pytest.fixture(autouse=True)
def behaving(monkeypatch):
    """Files whose name says what becomes of them."""

    def check_source(data, path, settings, project=None):
        BEHAVIOUR.get(path, lambda: None)()
        return FileResult(path, suppressed=len(data))

    monkeypatch.setattr(worker, "check_source", check_source)
    monkeypatch.setattr(pool, "_GRACE", 0.5)


def failures(results: list[FileResult]) -> dict[str, tuple[FailureKind, str]]:
    return {result.path: (failure.kind, failure.message) for result in results for failure in result.failures}


@needs_fork
@pytest.mark.parametrize("jobs", [1, 2, 3, 50])
def test_results_are_in_order_whatever_the_number_of_jobs(jobs):
    targets = [target(f"{number}" * (number % 7 + 1), size=number * 37 % 11) for number in range(30)]
    done = []
    results = check_targets(targets, timeout=TIMEOUT, jobs=jobs, on_done=lambda: done.append(1))
    assert results == [FileResult(each.path, suppressed=len(each.path)) for each in targets]
    assert len(done) == 30


@needs_fork
@pytest.mark.parametrize("jobs", [1, 2])
def test_one_bad_file_does_not_stop_the_others(jobs):
    targets = [target(name) for name in ("a", "crash", "b", "hang", "c")]
    targets.append(Target("not-there.py", LintSettings()))
    results = check_targets(targets, timeout=TIMEOUT, jobs=jobs)
    assert [result.path for result in results] == [each.path for each in targets]
    found = failures(results)
    assert {path: kind for path, (kind, _) in found.items()} == {
        "crash": FailureKind.INTERNAL,
        "hang": FailureKind.TIMEOUT,
        "not-there.py": FailureKind.UNREADABLE,
    }
    assert "KeyError" in found["crash"][1]
    assert "0.5 seconds" in found["hang"][1]
    assert "No such file" in found["not-there.py"][1]
    assert "Traceback" in results[1].failures[0].detail


@needs_fork
@pytest.mark.parametrize("jobs", [2, 3])
def test_lost_workers_are_replaced_and_the_file_is_named(jobs):
    names = ["killed", *"abcdef", "stuck", "exited", *"ghijkl", "killed"]
    results = check_targets([target(name) for name in names], timeout=TIMEOUT, jobs=jobs)
    assert [result.path for result in results] == names
    found = failures(results)
    assert {path: kind for path, (kind, _) in found.items()} == {
        "killed": FailureKind.INTERNAL,
        "exited": FailureKind.INTERNAL,
        "stuck": FailureKind.TIMEOUT,
    }
    assert "killed by SIGKILL" in found["killed"][1]
    assert "exit code 3" in found["exited"][1]


@needs_fork
@pytest.mark.parametrize("working", [0, 1])
def test_where_processes_cannot_be_had_the_work_is_done_nevertheless(monkeypatch, working):
    class Scarce(pool._Worker):
        started = 0

        def __init__(self, *arguments):
            if Scarce.started == working:
                raise BlockingIOError("no more processes")
            Scarce.started += 1
            super().__init__(*arguments)

    monkeypatch.setattr(pool, "_Worker", Scarce)
    names = [f"{number}" for number in range(9)]
    assert [result.path for result in check_targets([target(name) for name in names], timeout=1, jobs=4)] == names


@needs_fork
def test_workers_that_never_begin_are_done_without(monkeypatch):
    monkeypatch.setattr(pool, "_serve", lambda *_: os._exit(1))
    results = check_targets([target(name) for name in "abc"], timeout=1, jobs=2)
    assert results == [FileResult(name, suppressed=1) for name in "abc"]


@needs_fork
def test_interruption_ends_the_workers(monkeypatch):
    started = []

    class Known(pool._Worker):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            started.append(self)

    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr(pool, "_Worker", Known)
    with pytest.raises(KeyboardInterrupt):
        check_targets([target("a"), target("hang")], timeout=60, jobs=2, on_done=interrupt)
    assert len(started) == 2
    assert not any(each._process.is_alive() for each in started)


def test_an_alarm_that_is_swallowed_comes_again(monkeypatch):
    monkeypatch.setattr(worker, "_REMINDER", 0.1)
    monkeypatch.setitem(BEHAVIOUR, "swallowing", swallow_one_alarm)
    results = check_targets([target("swallowing"), target("a")], timeout=0.2, jobs=1)
    assert [result.path for result in results if result.failures] == ["swallowing"]


def swallow_one_alarm() -> None:
    try:
        hang_in_python()
    except BaseException:
        hang_in_python()


def test_alarms_leave_no_trace():
    before = signal.getsignal(signal.SIGALRM)
    check_targets([target("a"), target("crash")], timeout=TIMEOUT, jobs=1)
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("sizes", "cores", "jobs"),
    [([], 8, 0), ([10], 8, 0), ([199_999], 8, 0), ([200_000] * 3, 8, 3), ([10**7] * 99, 8, 8)],
)
def test_processes_are_started_only_where_they_pay(monkeypatch, sizes, cores, jobs):
    monkeypatch.setattr(pool, "_cores", lambda: cores)
    assert pool._worthwhile_jobs([target("a", size) for size in sizes]) == jobs


@pytest.mark.parametrize("sizes", [[0, 0, 0], [5], [1000, *[1] * 50], [10] * 64, [0, 7, 0, 3, 99, 12]])
@pytest.mark.parametrize("workers", [2, 5])
def test_batches_hold_each_file_once_and_large_ones_come_first(sizes, workers):
    batches = pool._batches([target("a", size) for size in sizes], workers)
    order = [number for batch in batches for number in batch]
    assert sorted(order) == list(range(len(sizes)))
    assert [sizes[number] for number in order] == sorted(sizes, reverse=True)
    share = sum(sizes) / (workers * pool._BATCHES_PER_WORKER)
    assert all(len(batch) == 1 or sum(sizes[number] for number in batch) <= share for batch in batches)
