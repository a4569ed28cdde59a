"""Real training scripts, unmodified, on the CPU and on a pretend GPU: no finding, and the same losses.

    python benchmarks/rehearse_scripts.py --repos FOLDER [--only WORD] [--torchvision FOLDER] [--pairs N]

`--repos` has checkouts of pytorch/examples, karpathy/nanoGPT and karpathy/minGPT in folders of those last names;
without it, only the scripts of tests/fixtures/rehearse run. `--torchvision` has the Python part of it, installed by
`pip install --no-deps --target FOLDER torchvision` (there is no build of it for the CPU version of PyTorch that this
runs on), for the scripts that read MNIST; its data is made up. With `--pairs`, the runs alternate N times, and the
ratio of their times is printed, without the time to start.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training_scripts import FIXTURES, SCRIPTS, SHIM, Script, nothing_to_do


@dataclass
class Run:
    """What came of one run. `seconds` is processor time."""

    code: int
    text: str
    report: list[dict]
    seconds: float


def run(script: Script, options: argparse.Namespace, *, pretend: bool) -> Run:
    """One run in a folder of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch) / "work"
        if script.repository:
            source = Path(options.repos) / script.repository / script.folder
            shutil.copytree(source, work, ignore=shutil.ignore_patterns(".git"))
        else:
            shutil.copytree(FIXTURES, work)
        script.prepare(work)
        words = [*script.command.split(), *(script.gpu if pretend else script.cpu).split()]
        report = Path(scratch) / "report.json"
        command = [sys.executable]
        if pretend:
            command += ["-m", "devlint", "rehearse", "--steps", "all", "--output-format", "json", "-o", str(report)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [*command, *words],
            cwd=work,
            env=environment(script, options, scratch, pretend),
            text=True,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=1800,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found = json.loads(report.read_text()) if report.exists() else []
        return Run(done.returncode, done.stdout, found, after.ru_utime - before.ru_utime)


def environment(script: Script, options: argparse.Namespace, scratch: str, pretend: bool) -> dict[str, str]:
    given = (*script.variables, *(script.gpu_variables if pretend else ()))
    variables = {**os.environ, **dict(each.split("=", 1) for each in given)}
    paths = [os.environ.get("PYTHONPATH", ""), *script.imports]
    if script.needs_torchvision:
        shim = Path(scratch) / "shim"
        shim.mkdir()
        (shim / "sitecustomize.py").write_text(SHIM)
        paths = [str(shim), os.path.abspath(options.torchvision), *paths]
    return {**variables, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "TOKENIZERS_PARALLELISM": "false"}


def judge(script: Script, cpu: Run, pretended: Run) -> str:
    """`ok` and the last figure, or what is wrong."""
    if pretended.report:
        first = pretended.report[0]
        place = f"{first['path']}:{first['line']} {first['code']}"
        return f"FALSE FINDING? {len(pretended.report)}: {place} {first['message']}"
    if pretended.code:
        return f"STOPPED: {pretended.text.strip().splitlines()[-3:]}"
    expected, found = (re.findall(script.figures, each.text) for each in (cpu, pretended))
    if not script.same:
        return f"ok (CPU run's exit code {cpu.code}; figures not compared: {found[-1:]})"
    if cpu.code:
        return f"CPU RUN FAILED: {cpu.text.strip().splitlines()[-1:]}"
    if expected != found or not found:
        return f"DIFFERENT: {expected[-3:]} on the CPU, {found[-3:]} pretended"
    return f"ok: {len(found)} figures equal, the last is {found[-1]}"


def overhead(script: Script, options: argparse.Namespace) -> str:
    """The ratio of processor times, the time that an empty script takes taken off; the median of pairs."""
    empty = Script("empty", "empty.py", prepare=nothing_to_do)
    ratios = []
    for _ in range(options.pairs):
        base = [run(empty, options, pretend=pretend).seconds for pretend in (False, True)]
        times = [run(script, options, pretend=pretend).seconds for pretend in (False, True)]
        ratios.append((times[1] - base[1]) / (times[0] - base[0]))
    return f"  {statistics.median(ratios):.2f} times the CPU run (pairs: {', '.join(f'{each:.2f}' for each in ratios)})"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repos")
    parser.add_argument("--torchvision")
    parser.add_argument("--only", default="")
    parser.add_argument("--pairs", type=int, default=0)
    options = parser.parse_args(arguments)
    bad = 0
    for script in SCRIPTS:
        if options.only not in script.name or (script.repository and not options.repos):
            continue
        if script.needs_torchvision and not options.torchvision:
            continue
        if options.pairs:
            print(f"{script.name:24}{overhead(script, options)}", flush=True)
            continue
        cpu, pretended = run(script, options, pretend=False), run(script, options, pretend=True)
        verdict = judge(script, cpu, pretended)
        bad += not verdict.startswith("ok")
        print(f"{script.name:24}{verdict}", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
