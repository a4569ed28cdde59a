"""How long does `devlint doctor` take? Without torch, and with it against a bare `import torch`.

    python benchmarks/doctor_speed.py --without PYTHON_WITHOUT_TORCH --with PYTHON_WITH_TORCH --rounds 9

Wall time of whole commands, by turns (doctor without, bare import, doctor with, ...), after one round that is not
counted, in an empty folder so that there are no configs to read. It prints medians, and for the pairs of bare import
and doctor the median of (doctor - 1 s) / bare import, which should be under 1.5. The exit code is 1 above a limit.
"""

from __future__ import annotations

import argparse
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

_WITHOUT_TORCH = 1.0
"""Seconds that doctor may take where there is no torch, and beyond the import where there is."""

_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Without byte code, each start would compile devlint anew."""

_IMPORTS = 1.5
"""How many times a bare import doctor may take, beside that."""


def main() -> int:
    """Run it; the exit code."""
    arguments = _parser().parse_args()
    doctor = shlex.split(arguments.doctor)
    commands = {
        "doctor, no torch": [*doctor, "--python", arguments.without],
        "bare import torch": [arguments.torch, "-c", "import torch"],
        "doctor, torch": [*doctor, "--python", arguments.torch],
    }
    print(f"load average {os.getloadavg()[0]:.2f}, {len(os.sched_getaffinity(0))} cores")
    runs: dict[str, list[float]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.rounds + 1):
            for name, command in commands.items():
                seconds = _wall(command, folder)
                if number:  # the first round fills caches
                    runs[name].append(seconds)
    for name, seconds in runs.items():
        print(f"{name}: median {statistics.median(seconds):.3f} s ({min(seconds):.3f} to {max(seconds):.3f})")
    pairs = zip(runs["doctor, torch"], runs["bare import torch"], strict=True)
    ratio = statistics.median((doctor - _WITHOUT_TORCH) / bare for doctor, bare in pairs)
    print(f"(doctor, torch - {_WITHOUT_TORCH:g} s) / bare import: median {ratio:.2f}, limit {_IMPORTS:g}")
    return int(statistics.median(runs["doctor, no torch"]) > _WITHOUT_TORCH or ratio > _IMPORTS)


def _wall(command: list[str], folder: str) -> float:
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=_ENVIRONMENT)
    seconds = time.perf_counter() - begin
    if done.returncode not in (0, 1):
        raise SystemExit(f"{shlex.join(command)} exits {done.returncode}: {done.stderr[-500:]}")
    return seconds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--without", required=True, metavar="PYTHON", help="an interpreter without torch")
    parser.add_argument("--with", required=True, metavar="PYTHON", dest="torch", help="an interpreter with torch")
    parser.add_argument("--doctor", default=f"{sys.executable} -m devlint doctor", help="the command to measure")
    parser.add_argument("--rounds", type=int, default=9, help="how often each is run (default: 9)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
