"""The `devlint` command: which subcommand, and what all of them have in common. Imports nothing before it must."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from devlint import __version__
from devlint.cli.exits import CLEAN, FAILED, INTERRUPTED
from devlint.cli.output import CommandError, complain, write

if TYPE_CHECKING:
    from argparse import Namespace

COMMANDS = {
    "check": "find device bugs in Python files and notebooks",
    "doctor": "check this machine, its PyTorch, and launch files against both",
    "gpu": "explain a graphics card, or compare several",
    "rehearse": "run a training script on a pretend GPU",
    "baseline": "accept what is found today, so that only new findings count",
    "rule": "explain a rule, or list the rules",
}
"""What each subcommand does; it is the module of that name in this package."""


TAKES_COMMAND = ("doctor",)
"""Those that take the command line of another program after `--`."""


def entry() -> int:
    """What the console script runs."""
    return main(sys.argv[1:])


def main(arguments: Sequence[str]) -> int:
    """Run `devlint` with arguments and return its exit code."""
    if hasattr(sys.stdout, "reconfigure"):  # source lines hold what the terminal's encoding may not
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return _dispatch(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        return _unexpected(error, verbose="--verbose" in arguments or "-v" in arguments)


def _dispatch(arguments: Sequence[str]) -> int:
    from devlint.settings.errors import SettingsError

    try:
        if list(arguments) in (["--version"], ["-V"]):  # without the time that argparse takes
            write(f"devlint {__version__}\n")
            return CLEAN
        options = _parse(arguments)
        code: int = import_module(f"devlint.cli.{options.command}").run(options)
        return code
    except (CommandError, SettingsError) as error:
        complain(str(error))
        return FAILED
    except SystemExit as stop:  # argparse has printed help or said what is wrong
        write("")
        return int(stop.code or 0)


def _parse(arguments: Sequence[str]) -> Namespace:
    from argparse import ArgumentParser

    parser = ArgumentParser("devlint", description="devlint keeps PyTorch code device-clean.", allow_abbrev=False)
    parser.add_argument("-V", "--version", action="version", version=f"devlint {__version__}")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, allow_abbrev=False)
        if name in arguments:  # no other module is needed to parse them
            import_module(f"devlint.cli.{name}").configure(command)
    own, rest = _split(arguments)
    options, unknown = parser.parse_known_args(own or ["--help"])
    options.rest = rest
    if unknown:  # parse_args would show the usage of `devlint`, not that of the command
        commands.choices[options.command].error(f"unrecognized arguments: {' '.join(unknown)}")
    return options


def _split(arguments: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """devlint's own arguments, and the command line that follows them after `--`."""
    if "--" not in arguments or arguments[0] not in TAKES_COMMAND:
        return arguments, ()
    at = list(arguments).index("--")
    return arguments[:at], arguments[at + 1 :]


def _unexpected(error: Exception, *, verbose: bool) -> int:
    if verbose:
        import traceback

        traceback.print_exc()
    advice = "please report it" + ("" if verbose else ", with the traceback that --verbose shows")
    complain(f"devlint failed with {type(error).__name__}: {error}; {advice}")
    return FAILED
