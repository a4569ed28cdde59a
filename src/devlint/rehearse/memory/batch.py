"""The largest batch that fits: rehearsals without data in processes of their own, and a line through their peaks."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from devlint.rehearse.memory.ledger import CONTEXT

if TYPE_CHECKING:
    from devlint.rehearse.run import Job

LOADER = "loader"
"""Set the batch in the data loaders, and not by an option of the script."""
_STEPS = 2
_FIRST, _MOST_RUNS, _MOST = 4, 24, 1 << 22
_TWO = 2
_LINES = 9
"""After so many rehearsals, peaks are plainly no line, and what is left is halved each time."""
_STRIDE = 16
"""How many times larger the next batch may be: a line through small batches says little of large ones."""


class CannotFit(Exception):
    """The largest batch cannot be found; the message says why."""


@dataclass(frozen=True, slots=True)
class LargestBatch:
    """What was found. `room` is what the card has for tensors; `peaks` are all that were rehearsed; sizes in bytes."""

    size: int
    peak: int
    room: int
    each_sample: float
    peaks: dict[int, int]


def largest_batch(job: Job, how: str, capacity: int) -> LargestBatch:
    """The largest batch of which two steps fit on a card of `capacity` bytes; CannotFit if there is none, or no end."""
    room = capacity - CONTEXT
    peaks: dict[int, int] = {}
    guess = _FIRST
    while guess and guess not in peaks and len(peaks) < _MOST_RUNS:
        if guess > _MOST:
            raise CannotFit(
                f"a batch of {max(peaks)} takes {peaks[max(peaks)] / 2**20:.0f} MiB, and no end is in sight"
            )
        peaks[guess] = _peak(job, how, guess)
        guess = _next(peaks, room)
    fitting = [size for size in peaks if peaks[size] <= room]
    if not fitting:
        raise CannotFit(f"not even a batch of {min(peaks)} fits")
    size = max(fitting)
    return LargestBatch(size, peaks[size], room, _slope(peaks), dict(sorted(peaks.items())))


def _next(peaks: dict[int, int], room: int) -> int:
    """Which batch to rehearse next; the largest that fits, when the next larger one is known not to, and 0 for none."""
    below = max((size for size in peaks if peaks[size] <= room), default=0)
    above = min((size for size in peaks if peaks[size] > room), default=None)
    if above is None:
        slope = _slope(peaks)
        more = int((room - peaks[below]) // slope) if slope > 0 else _STRIDE * below
        return min(below + max(more, 1), _STRIDE * below)
    if above - below == 1:
        return below
    if len(peaks) > _LINES:
        return (below + above) // 2
    low = peaks.get(below, 0)
    guess = below + int((room - low) * (above - below) / (peaks[above] - low))
    return min(max(guess, below + 1), above - 1)


def _slope(peaks: dict[int, int]) -> float:
    """Bytes that a sample takes, by the two largest batches; 0 if there is one only, or they take the same."""
    if len(peaks) < _TWO:
        return 0.0
    first, second = sorted(peaks)[-_TWO:]
    return (peaks[second] - peaks[first]) / (second - first)


def _peak(job: Job, how: str, size: int) -> int:
    """The peak of a rehearsal with batches of that size, on a card without end."""
    job = replace(job, fake_data=True, limited=False, steps=_STEPS)
    job = replace(job, batch=size) if how == LOADER else replace(job, arguments=with_option(job.arguments, how, size))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "peak.json"
        command = [sys.executable, "-m", __name__, json.dumps(asdict(job)), str(file)]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
        found = json.loads(file.read_text()) if file.exists() else {"error": done.stderr.strip()[-200:]}
    if found.get("error"):
        raise CannotFit(f"with a batch of {size}, {found['error']}")
    return int(found["peak"])


def with_option(arguments: tuple[str, ...], option: str, size: int) -> tuple[str, ...]:
    """The script's arguments with its option set to a number; `--option=` for one written with an equals sign."""
    name = option.removesuffix("=")
    rest = list(arguments)
    for index, argument in enumerate(rest):
        if argument.startswith(f"{name}="):
            rest[index] = f"{name}={size}"
            return tuple(rest)
        if argument == name and index + 1 < len(rest):
            rest[index + 1] = str(size)
            return tuple(rest)
    return (*arguments, f"{name}={size}") if option.endswith("=") else (*arguments, name, str(size))


def main() -> None:
    """One rehearsal, in the process that `_peak` starts: the job as JSON, and the file for the result."""
    from devlint.rehearse.run import Job, rehearse

    fields = json.loads(sys.argv[1])
    job = Job(**{**fields, "arguments": tuple(fields["arguments"]), "gpus": tuple(fields["gpus"])})
    outcome = rehearse(job)
    peak = max(figures.peak for figures in outcome.memory)
    error = "; ".join(failure.message for failure in outcome.failures) or ("" if peak else "no tensor is on the device")
    Path(sys.argv[2]).write_text(json.dumps({"peak": peak, "error": error}))


if __name__ == "__main__":
    main()
