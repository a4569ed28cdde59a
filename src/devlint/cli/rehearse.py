"""`devlint rehearse`: run a training script on a pretend GPU."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from argparse import REMAINDER, ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from devlint import __version__, report
from devlint.cli.exits import CLEAN, FAILED, FINDINGS
from devlint.cli.output import COLORS, CommandError, wants_color, write, write_file
from devlint.report import RenderOptions, RunReport, render_failures

if TYPE_CHECKING:
    from argparse import _ArgumentGroup

    from devlint.rehearse.run import Job, Outcome

INSTALL = 'pip install "devlint[rehearse]"'
DEVICE_TYPES = ("cuda", "mps", "xpu")
DEFAULT_STEPS = 5
_FOR_PEOPLE = ("full", "concise")
_EPILOG = """\
exit codes:
  0  nothing found     1  something found     2  the script could not be run, or stopped with an error

examples:
  devlint rehearse train.py --epochs 1
  devlint rehearse --gpu "RTX 3060" --steps 20 train.py --batch-size 64
  devlint rehearse --gpus 2 -m package.train --config small.yaml
"""


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.description = "Run a training script on a pretend GPU, with a PyTorch for the CPU, and find device bugs."
    parser.epilog = _EPILOG
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.usage = "%(prog)s [OPTIONS] SCRIPT [ARGUMENTS ...]\n       %(prog)s [OPTIONS] -m MODULE [ARGUMENTS ...]"
    parser.add_argument("command_line", nargs=REMAINDER, metavar="SCRIPT", help="The script, and its own arguments.")
    parser.add_argument("-m", dest="module", nargs=REMAINDER, metavar="MODULE", help="Run a module, as `python -m`.")
    machine = parser.add_argument_group("Machine")
    machine.add_argument("--gpu", default=None, metavar="NAME", help="Which card to pretend. [RTX 4090]")
    machine.add_argument("--gpus", type=_count, default=1, metavar="N", help="How many of them. [1]")
    machine.add_argument("--device-type", choices=DEVICE_TYPES, default="cuda", help="What PyTorch calls it. [cuda]")
    run_group = parser.add_argument_group("Run")
    run_group.add_argument(
        "--steps",
        type=_steps,
        default=DEFAULT_STEPS,
        metavar="N",
        help="Stop after so many optimizer steps, with as many batches of each data loader; `all` for no limit. [5]",
    )
    run_group.add_argument(
        "--fake-data",
        action="store_true",
        help="Compute no values, only memory: for models too large for this machine.",
    )
    run_group.add_argument(
        "--batch", type=_count, metavar="N", help="Let each batch of a data loader have N samples, by repeating them."
    )
    run_group.add_argument(
        "--largest-batch",
        metavar="HOW",
        help="Find the largest batch that fits, set in data loaders (`loader`) or by an option of the script.",
    )
    _configure_output(parser.add_argument_group("Output"))


def _configure_output(what: _ArgumentGroup) -> None:
    what.add_argument(
        "--output-format", default="full", metavar="FORMAT", help=f"One of {', '.join(report.FORMATS)}. [full]"
    )
    what.add_argument("--html", metavar="FILE", help="Write a page: findings, memory over time, traffic.")
    what.add_argument("--json", metavar="FILE", help="Write findings, memory and traffic as one JSON object.")
    what.add_argument("-o", "--output-file", metavar="FILE", help="Write the report to a file.")
    what.add_argument("--color", choices=COLORS, default="auto", help="When to use colours. [auto]")
    what.add_argument("--exit-zero", action="store_true", help="End with exit code 0 even if something was found.")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"expected a number from 1 upwards, got `{text}`")
    return int(text)


def _steps(text: str) -> int | None:
    return None if text == "all" else _count(text)


def run(arguments: Namespace) -> int:
    """Rehearse, report, and return the exit code."""
    command = arguments.module or arguments.command_line
    if not command:
        raise CommandError("say what to run: a script, or -m and a module")
    if not arguments.module and not os.path.isfile(command[0]):
        raise CommandError(f"there is no script {command[0]}")
    reporter = _reporter(arguments.output_format)
    if find_spec("torch") is None:
        raise CommandError(f"rehearsing needs PyTorch, which is not installed here: {INSTALL}")
    is_for_people = arguments.output_format in _FOR_PEOPLE
    with contextlib.nullcontext() if is_for_people or arguments.output_file else contextlib.redirect_stdout(sys.stderr):
        outcome = _rehearse(arguments, command)
    _publish(outcome, reporter, arguments)
    if outcome.failures:
        return FAILED
    found = any(result.findings for result in outcome.results)
    return FINDINGS if found and not arguments.exit_zero else CLEAN


def _reporter(name: str) -> report.Reporter:
    try:
        return report.get(name)
    except ValueError as error:
        raise CommandError(f"--output-format: {error}") from None


def _rehearse(arguments: Namespace, command: list[str]) -> Outcome:
    from devlint.rehearse.cards import UnknownCard
    from devlint.rehearse.memory.batch import CannotFit, largest_batch
    from devlint.rehearse.run import rehearse

    job = _job(arguments, command)
    try:
        outcome = rehearse(job)
    except UnknownCard as error:
        raise CommandError(f"--gpu: {error}") from None
    if not arguments.largest_batch:
        return outcome
    try:
        return replace(outcome, largest=largest_batch(job, arguments.largest_batch, outcome.memory[0].capacity))
    except CannotFit as error:
        raise CommandError(f"--largest-batch: {error}") from None


def _job(arguments: Namespace, command: list[str]) -> Job:
    from devlint.rehearse.cards import DEFAULT
    from devlint.rehearse.run import Job

    return Job(
        target=command[0],
        arguments=tuple(command[1:]),
        is_module=bool(arguments.module),
        gpus=(arguments.gpu or DEFAULT,) * arguments.gpus,
        device_type=arguments.device_type,
        steps=arguments.steps,
        fake_data=arguments.fake_data,
        batch=arguments.batch,
    )


def _publish(outcome: Outcome, reporter: report.Reporter, arguments: Namespace) -> None:
    """Write the report where it was asked for, and a line on the run on standard error."""
    from devlint.rehearse.events import all_metas, pages
    from devlint.rehearse.page import as_page
    from devlint.rehearse.record import as_json
    from devlint.rehearse.sections import sections
    from devlint.report.terminal import painter

    run_report = RunReport(outcome.results, outcome.failures, all_metas(), __version__, rule_pages=pages())
    to_file = arguments.output_file and arguments.color == "auto"
    options = RenderOptions(
        color=not to_file and wants_color(arguments.color, sys.stdout, os.environ),
        width=shutil.get_terminal_size(fallback=(120, 24)).columns,
        cwd=os.getcwd(),
        root=os.getcwd(),
        environ=os.environ,
    )
    text = reporter.render(run_report, options)
    if arguments.output_format in _FOR_PEOPLE:
        text += sections(outcome, painter(options.color))
    if arguments.output_file:
        write_file(arguments.output_file, text)
    else:
        write(text)
    if arguments.output_file or not reporter.carries_failures:
        sys.stderr.write(render_failures(outcome.failures, options))
    if arguments.json:
        write_file(arguments.json, as_json(run_report, outcome))
    if arguments.html:
        write_file(arguments.html, as_page(run_report, outcome))
    print(f"Rehearsed {outcome.steps} optimizer steps.", file=sys.stderr)
