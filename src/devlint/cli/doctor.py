"""`devlint doctor`: what is this machine, is its PyTorch sound, and do launch files make sense on it?"""

from __future__ import annotations

import os
import shutil
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devlint.cli.exits import CLEAN, FAILED, FINDINGS
from devlint.cli.flags import add_settings_flags, settings_for
from devlint.cli.output import COLORS, CommandError, wants_color, write, write_file
from devlint.settings.options import DOCTOR_IGNORE, DOCTOR_SELECT, DOCTOR_TARGET

if TYPE_CHECKING:
    from devlint.doctor.facts import Facts
    from devlint.doctor.memory import Job
    from devlint.doctor.run import Diagnosis, Request
    from devlint.report import RenderOptions
    from devlint.settings.layers import Settings

FORMATS = ("text", "json", "markdown", "html", "sarif", "github", "gitlab", "junit")
SHARED = ("json", "markdown", "html")
"""Formats that people show to others, and that therefore name no people, hosts and serial numbers."""
_EPILOG = """\
exit codes:
  0  no problems (hints at most)     1  problems     2  something could not be done

examples:
  devlint doctor                                      this machine, and the launch files of this folder
  devlint doctor train.sbatch ds_config.json          these files together, as one job
  devlint doctor -- torchrun --nproc-per-node 4 train.py --bf16
  devlint doctor --no-probe --target "8x H100"        the files alone, for another machine
  devlint doctor --params 7B --dtype bf16 --batch-size 4 --seq-len 4096 --gpu "RTX 3060"
  devlint doctor --output-format html --output-file doctor.html
"""


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.description = "Look at this machine and its PyTorch, and check launch files and command lines against it."
    parser.epilog = _EPILOG
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.usage = "%(prog)s [OPTIONS] [CONFIG ...] [-- COMMAND ...]"
    parser.add_argument(
        "configs",
        nargs="*",
        metavar="CONFIG",
        help="Launch files that make one job together. After `--`, a command line. [those of this folder]",
    )
    parser.add_argument("--config-format", metavar="FORMAT", help="The format of CONFIG, if it is not recognised.")
    parser.add_argument("--show-plan", action="store_true", help="Show what the files ask for, and no more.")
    add_settings_flags(parser, {DOCTOR_TARGET.key: "Given as a flag, nothing is probed."}, "doctor")
    _add_machine_flags(parser)
    _add_memory_flags(parser)
    _add_output_flags(parser)


def _add_machine_flags(parser: ArgumentParser) -> None:
    section = parser.add_argument_group("The machine")
    section.add_argument("--python", metavar="PATH", help="The Python that jobs run with. [the active environment's]")
    section.add_argument("--facts", metavar="FILE", help="Judge the machine of a saved file, not this one.")
    section.add_argument("--save-facts", metavar="FILE", help="Save what is known of the machine, without names.")
    section.add_argument("--no-probe", action="store_true", help="Look at no machine: check files against the target.")
    section.add_argument("--timeout", dest="seconds", type=_seconds, default=60.0, metavar="SECONDS",
                         help="How long importing PyTorch may take. [60]")  # fmt: skip


def _add_memory_flags(parser: ArgumentParser) -> None:
    from devlint.doctor.memory.job import FLAGS

    section = parser.add_argument_group("Memory", "What a model needs; these count more than what files say.")

    def add(field: str, convert: Callable[[str], Any] | None, metavar: str | None, help: str) -> None:
        kind = {"action": "store_const", "const": True} if convert is None else {"type": convert, "metavar": metavar}
        section.add_argument(FLAGS[field], dest=f"job.{field}", help=help, **kind)

    add("model", str, "PATH", "A Hugging Face config.json, or the folder it lies in.")
    add("parameters", _count, "N", "Parameters of the model, such as 7B.")
    add("hidden", _whole, "N", "Its hidden size. [as published models of the size]")
    add("layers", _whole, "N", "Its layers. [as published models of the size]")
    add("heads", _whole, "N", "Its attention heads.")
    add("vocabulary", _whole, "N", "The size of its vocabulary.")
    add("activations", _bytes, "SIZE", "What backward needs of one sample in fp32, such as 64MiB.")
    add("inference", None, None, "It only runs, and is not trained.")
    add("dtype", str, "TYPE", "fp32, bf16, fp16, bf16-mixed, fp16-mixed, fp8, int8 or int4. [fp32]")
    add("optimizer", str, "NAME", "adamw, adamw-8bit, sgd, momentum, adafactor, lion, ... [adamw]")
    add("batch", _whole, "N", "Samples of one forward pass of one GPU. [1]")
    add("sequence", _whole, "N", "Tokens of a sample. [2048]")
    add("accumulation", _whole, "N", "Forward passes for one update. [1]")
    add("checkpointing", None, None, "Activations are computed again in backward.")
    add("attention", str, "KIND", "sdpa or eager. [sdpa]")
    add("lora_rank", _whole, "RANK", "Adapters of this rank are trained.")
    add("zero", _stage, "STAGE", "DeepSpeed's ZeRO stage, 1 to 3; 3 stands for FSDP, too.")
    add("world", _whole, "N", "GPUs of all nodes together.")
    add("nodes", _whole, "N", "Nodes. [1]")
    add("offload_optimizer", None, None, "The optimizer's state is in RAM (ZeRO).")
    add("offload_parameters", None, None, "The weights are in RAM (ZeRO stage 3).")
    section.add_argument("--gpu", metavar="NAME", help="The GPU to compare with, such as `RTX 3060`: a --target.")


def _add_output_flags(parser: ArgumentParser) -> None:
    section = parser.add_argument_group("Output")
    section.add_argument(
        "--output-format", dest="format", choices=FORMATS, default="text", help="How to write it. [text]"
    )
    section.add_argument("-o", "--output-file", metavar="FILE", help="Write the report to a file, once it is complete.")
    section.add_argument("--strict", action="store_true", help="Hints, and checks that cannot tell, are problems, too.")
    section.add_argument("--color", choices=COLORS, default="auto", help="When to use colours. [auto]")
    section.add_argument(
        "-v", "--verbose", action="store_true", help="Show also what passed, and why checks cannot tell."
    )


def run(arguments: Namespace) -> int:
    """Diagnose, report, and return the exit code."""
    from devlint.doctor.facts.files import FactsError
    from devlint.doctor.facts.redact import redact
    from devlint.doctor.run import diagnose
    from devlint.doctor.target import TargetError

    settings = settings_for(arguments, os.environ)
    request = _request(arguments, settings)
    if arguments.show_plan:
        return _show_plan(request)
    try:
        facts = _facts(arguments, settings)
    except (FactsError, TargetError) as error:
        raise CommandError(str(error)) from None
    if arguments.save_facts:
        _save(facts, arguments.save_facts)
    if arguments.format in SHARED:
        facts = redact(facts)
    return _publish(diagnose(facts, request), arguments)


def _request(arguments: Namespace, settings: Settings) -> Request:
    from devlint.doctor.checks.judge import index
    from devlint.doctor.config.read import format_names
    from devlint.doctor.run import Request
    from devlint.settings.errors import did_you_mean

    name = arguments.config_format
    if name is not None and name not in format_names():
        known = did_you_mean(name, format_names()) or f": choose one of {', '.join(format_names())}"
        raise CommandError(f"--config-format: unknown format `{name}`{known}")
    return Request(
        configs=tuple(arguments.configs),
        command=tuple(arguments.rest),
        config_format=name,
        job=_job(arguments),
        enabled=index().enabled(settings, select=(DOCTOR_SELECT,), ignore=(DOCTOR_IGNORE,)),
    )


def _job(arguments: Namespace) -> Job:
    """What the memory flags say. CommandError if that cannot be."""
    from devlint.doctor.memory import Job, ModelError, optimizer_name

    given = {key.removeprefix("job."): value for key, value in vars(arguments).items() if key.startswith("job.")}
    job = Job(**given)
    if (
        (job.offload_optimizer or job.offload_parameters)
        and job.zero is None
        and not (arguments.configs or arguments.rest)
    ):
        raise CommandError("offloading is DeepSpeed's: add --zero 2 or --zero 3")
    try:
        if job.optimizer is not None:
            job = replace(job, optimizer=optimizer_name(job.optimizer))
        if job.model is not None or job.parameters is not None:
            job.resolve()  # what is wrong with flags is said at once
    except (ModelError, ValueError) as error:
        raise CommandError(str(error)) from None
    return job


def _facts(arguments: Namespace, settings: Settings) -> Facts:
    """The machine to judge: that of a file, a target, or this one."""
    from devlint.doctor.facts.files import load
    from devlint.doctor.probes.run import probe_machine
    from devlint.doctor.target import facts_of_target, nothing_probed

    flagged = getattr(arguments, DOCTOR_TARGET.key, None)
    named = [
        name for name, value in (("--facts", arguments.facts), ("--target", flagged), ("--gpu", arguments.gpu)) if value
    ]
    if len(named) > 1:
        raise CommandError(f"{' and '.join(named)} each name a machine: give one")
    if arguments.facts:
        return load(arguments.facts)
    if arguments.gpu:
        return facts_of_target(arguments.gpu)
    if flagged or arguments.no_probe:
        layer = settings.layer_of(DOCTOR_TARGET)
        target = layer.get(DOCTOR_TARGET)
        return nothing_probed() if target is None else facts_of_target(target, layer.base)
    return probe_machine(arguments.python, timeout=arguments.seconds)


def _save(facts: Facts, path: str) -> None:
    from devlint.doctor.facts.files import save

    try:
        save(facts, path)
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror}") from None


def _show_plan(request: Request) -> int:
    from devlint.doctor.config.show import rows
    from devlint.doctor.reports.plan import render
    from devlint.doctor.run import plans_of
    from devlint.report import RenderOptions, render_failures

    plans = plans_of(request)
    write(render([(name, rows(plan)) for name, plan in plans.named]))
    sys.stderr.write(render_failures(plans.failures, RenderOptions()))
    return FAILED if plans.failures else CLEAN


def _publish(diagnosis: Diagnosis, arguments: Namespace) -> int:
    """Write the report where it was asked for; the exit code."""
    from devlint.doctor.reports import render
    from devlint.doctor.reports.tally import tally

    options = _render_options(arguments)
    text, rest = render(arguments.format, diagnosis, options, verbose=arguments.verbose)
    if arguments.output_file:
        write_file(arguments.output_file, text)
    else:
        write(text)
    sys.stderr.write(rest)
    if arguments.verbose:
        sys.stderr.write("".join(failure.detail or "" for failure in diagnosis.failures))
    if diagnosis.failures:
        return FAILED
    return FINDINGS if tally(diagnosis).fails(strict=arguments.strict) else CLEAN


def _render_options(arguments: Namespace) -> RenderOptions:
    from devlint.report import RenderOptions

    to_file = arguments.output_file and arguments.color == "auto"
    return RenderOptions(
        color=not to_file and wants_color(arguments.color, sys.stdout, os.environ),
        width=shutil.get_terminal_size(fallback=(120, 24)).columns,
        cwd=str(Path.cwd()),
        root=str(next((each for each in (Path.cwd(), *Path.cwd().parents) if (each / ".git").exists()), Path.cwd())),
        environ=os.environ,
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ArgumentTypeError(f"expected more than 0 seconds, got `{text}`")
    return seconds


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"expected a number from 1 upwards, got `{text}`")
    return int(text)


def _stage(text: str) -> int:
    if text not in ("1", "2", "3"):
        raise ArgumentTypeError(f"expected a stage from 1 to 3, got `{text}`")
    return int(text)


def _count(text: str) -> int:
    from devlint.doctor.memory.amount import parse_count

    try:
        return parse_count(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def _bytes(text: str) -> int:
    from devlint.doctor.memory.amount import parse_bytes

    try:
        return parse_bytes(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
