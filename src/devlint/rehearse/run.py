"""The spine of `devlint rehearse`: script -> pretend device -> events -> findings. Needs torch."""

from __future__ import annotations

import os
import runpy
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch.optim.optimizer import Optimizer, register_optimizer_step_pre_hook

from devlint.findings import Failure, FailureKind, FileResult
from devlint.rehearse.cards import DEFAULT
from devlint.rehearse.memory.batch import LargestBatch
from devlint.rehearse.memory.figures import MemoryFigures, memory_figures
from devlint.rehearse.memory.ledger import PretendedOutOfMemory
from devlint.rehearse.session import pretend
from devlint.rehearse.traffic import Crossing

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_OPERATIONS = torch._ops.__file__
"""Through which a session calls an operation; without a session, it is called by C++."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to run, and on what.

    `target` is the path of a script or, if `is_module`, the name of a module; `arguments` are its own. `gpus` are names
    of cards, one for each device. `steps`: how many optimizer steps to make, and batches to take of each data loader;
    None for as many as the script wants. `fake_data`: compute no values. `batch`: how many samples each batch of a data
    loader is made to have. `limited`: whether memory ends where the card's does.
    """

    target: str
    arguments: tuple[str, ...] = ()
    is_module: bool = False
    gpus: tuple[str, ...] = (DEFAULT,)
    device_type: str = "cuda"
    steps: int | None = None
    fake_data: bool = False
    batch: int | None = None
    limited: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a rehearsal. `steps`: of the optimizer that made most; `memory`: of each device.

    `invented`: with fake data, where values were made up: path:line, source text, how often.
    """

    results: tuple[FileResult, ...]
    failures: tuple[Failure, ...]
    steps: int
    memory: tuple[MemoryFigures, ...] = ()
    traffic: tuple[Crossing, ...] = ()
    invented: tuple[tuple[str, str, int], ...] = ()
    largest: LargestBatch | None = None


def rehearse(job: Job) -> Outcome:
    """Run a script to its end, or to the last step asked for. Its own exception is shown, and becomes a failure.

    UnknownCard, before anything runs, for a GPU of no known name.
    """
    with pretend(
        job.gpus,
        device_type=job.device_type,
        roots=_roots(job),
        limited=job.limited,
        fake_data=job.fake_data,
    ) as session:
        counter = _StepCounter(job.steps)
        session.batches, session.batch_size = job.steps, job.batch
        handle = register_optimizer_step_pre_hook(counter)
        try:
            with _command_line(job):
                failure = _run(job)
        finally:
            handle.remove()
        memory = tuple(map(memory_figures, session.memory.pools.values(), session.cards))
    return Outcome(
        results=_with_script(session.log.results(), job),
        failures=() if failure is None else (failure,),
        steps=counter.most,
        memory=memory,
        traffic=session.traffic.crossings(),
        invented=session.fake.places() if session.fake else (),
    )


class _Enough(BaseException):
    """The script has made the steps that were asked for."""


class _StepCounter:
    """Ends the script where an optimizer begins a step too many: what follows the last step is still rehearsed."""

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._counts: Counter[int] = Counter()

    def __call__(self, optimizer: Optimizer, *_: object) -> None:
        if self._limit is not None and self._counts[id(optimizer)] >= self._limit:
            raise _Enough
        self._counts[id(optimizer)] += 1

    @property
    def most(self) -> int:
        return max(self._counts.values(), default=0)


def _run(job: Job) -> Failure | None:
    try:
        if job.is_module:
            runpy.run_module(job.target, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(job.target, run_name="__main__")
    except _Enough:
        return None
    except SystemExit as stop:
        if stop.code in (None, 0):
            return None
        return Failure(FailureKind.SCRIPT, job.target, f"the script ended with exit code {stop.code}")
    except PretendedOutOfMemory as error:  # a finding by now, and no failure of the rehearsal
        _show(error)
        return None
    except Exception as error:
        return _script_failure(job, error)
    return None


def _script_failure(job: Job, error: Exception) -> Failure:
    _show(error)
    text = " ".join(str(error).split())
    message = f"the script stopped with {type(error).__name__}: {text[:300]}"
    return Failure(FailureKind.SCRIPT, job.target, message, detail=traceback.format_exc())


def _show(error: Exception) -> None:
    """The script's own exception, as Python shows it, without the frames of whoever started or watched the script."""
    sys.stdout.flush()
    shown = _without_own_frames(traceback.TracebackException.from_exception(error))
    sys.stderr.write("".join(shown.format()))


def _without_own_frames(shown: traceback.TracebackException) -> traceback.TracebackException:
    for each in (shown.__cause__, shown.__context__):
        if each is not None:
            _without_own_frames(each)
    stack = [frame for frame in shown.stack if not frame.filename.startswith(_OWN) and not _is_launcher(frame.filename)]
    if any(frame.filename.startswith(_OWN) for frame in shown.stack):
        while stack and stack[-1].filename == _OPERATIONS:
            stack.pop()
    shown.stack[:] = stack
    return shown


def _is_launcher(path: str) -> bool:
    return path == "<frozen runpy>" or os.path.basename(path) == "runpy.py"


@contextmanager
def _command_line(job: Job) -> Iterator[None]:
    """What Python sets for a program: its arguments, and where it imports from."""
    argv, path = sys.argv, list(sys.path)
    sys.argv = [job.target, *job.arguments]
    sys.path[0] = os.getcwd() if job.is_module else os.path.dirname(os.path.abspath(job.target))
    try:
        yield
    finally:
        sys.argv, sys.path[:] = argv, path


def _roots(job: Job) -> Sequence[str]:
    """Folders in which all code is the user's."""
    return () if job.is_module else (os.path.dirname(os.path.abspath(job.target)),)


def _with_script(results: tuple[FileResult, ...], job: Job) -> tuple[FileResult, ...]:
    """A report has a word on the script even if nothing was found in it."""
    if job.is_module or any(os.path.samefile(each.path, job.target) for each in results if os.path.exists(each.path)):
        return results or (FileResult(job.target),)
    return tuple(sorted((*results, FileResult(job.target)), key=lambda result: result.path))
