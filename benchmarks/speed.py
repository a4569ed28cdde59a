"""How fast is devlint? Against another linter on the same files, against a bare `ast.parse`, and at its start.

Run it in an environment with devlint; the other tool is a command, usually from its own virtual environment:

    python benchmarks/speed.py UNPACKED_WHEEL --other "OTHER_ENV/bin/torchfix --select ALL {dir}" --rounds 3

It measures wall time of whole commands, start of the interpreter included, and takes medians:

1. `devlint check` of one file without findings that uses PyTorch (`--clean`, or our own), and `devlint --version`.
2. devlint and the other tool by turns (A B A B ...) over the folder, cold: no tool has a cache of results, and Python's
   byte code exists for both, as after any first run. The ratio is other / devlint. `--jobs` is handed to devlint.
3. `ast.parse` of the same files in one process, without reading them: ratio devlint / ast.parse.

Nothing else should run on the machine meanwhile: the load average at the begin and at the end is printed as well.
"""

from __future__ import annotations

import argparse
import ast
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from common import python_files

_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Without byte code, each start would compile the tool anew."""

_CLEAN = '''"""A module that keeps to the device of its input."""

import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, width)
        self.register_buffer("scale", torch.ones(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mask = torch.ones(x.shape[0], device=x.device)
        return x + self.out(self.norm(x)) * self.scale * mask[:, None]
'''


def main() -> int:
    """Run it; the exit code."""
    arguments = _parser().parse_args()
    print(f"load average at the begin {os.getloadavg()[0]:.2f}, {len(os.sched_getaffinity(0))} cores")
    _start(arguments)
    if arguments.folder:
        _folder(arguments)
    print(f"load average at the end {os.getloadavg()[0]:.2f}")
    return 0


def _folder(arguments: argparse.Namespace) -> None:
    jobs = f" --jobs {arguments.jobs}" if arguments.jobs else ""
    ours = f"{arguments.devlint} check --isolated --exit-zero{jobs} --output-format jsonl {{dir}}"
    commands = {"devlint": ours, **({"other": arguments.other} if arguments.other else {})}
    runs: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(arguments.rounds):
        for name, command in commands.items():
            seconds = _wall(shlex.split(command.format(dir=shlex.quote(arguments.folder))))
            runs[name].append(seconds)
            print(f"round {number + 1}: {name} {seconds:.2f} s", flush=True)
    devlint = _median("devlint check", runs["devlint"])
    if arguments.other:
        print(f"other / devlint = {_median('other', runs['other']) / devlint:.1f}")
    sources = [path.read_bytes() for path in python_files([arguments.folder])]
    parses = [_timed(lambda: _parse(sources)) for _ in range(arguments.rounds)]
    bare = _median(f"ast.parse of {len(sources)} files", parses)
    print(f"devlint / ast.parse = {devlint / bare:.2f}")


def _start(arguments: argparse.Namespace) -> None:
    command = shlex.split(arguments.devlint)
    count = max(arguments.rounds, 9)
    with tempfile.TemporaryDirectory() as folder:
        clean = arguments.clean or Path(folder, "clean.py")
        if not arguments.clean:
            clean.write_text(_CLEAN)
        line = [*command, "check", "--isolated", str(clean)]
        if subprocess.run(line, capture_output=True, check=False, env=_ENVIRONMENT).returncode:  # writes the byte code
            raise SystemExit(f"{clean} is not clean")
        _median("one clean file", [_wall(line) for _ in range(count)])
    _median("devlint --version", [_wall([*command, "--version"]) for _ in range(count)])
    _median("the bare interpreter", [_wall([sys.executable, "-c", ""]) for _ in range(count)])


def _parse(sources: list[bytes]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for source in sources:
            ast.parse(source)


def _wall(command: list[str]) -> float:
    """Seconds that a command takes; other linters exit 1, or 0, when they have findings. SystemExit if it fails."""
    begin = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, env=_ENVIRONMENT)
    seconds = time.perf_counter() - begin
    if done.returncode not in (0, 1):
        error = done.stderr.decode(errors="replace")[-500:]
        raise SystemExit(f"{shlex.join(command)} exits {done.returncode}: {error}")
    return seconds


def _timed(action: Callable[[], None]) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def _median(name: str, seconds: list[float]) -> float:
    median = statistics.median(seconds)
    print(f"{name}: median {median:.3f} s of {len(seconds)} ({min(seconds):.3f} to {max(seconds):.3f})", flush=True)
    return median


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", metavar="FOLDER", help="the files to check; without it only part 1 is run")
    ours = f"{sys.executable} -m devlint"
    parser.add_argument("--devlint", default=ours, help="command (default: this environment's)")
    parser.add_argument("--other", help="command to compare with; {dir} stands for the folder")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run (default: 3)")
    parser.add_argument("--jobs", type=int, help="processes for devlint (default: its own choice)")
    parser.add_argument("--clean", type=Path, help="a file without findings (default: a small made-up module)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
