"""The `devlint` command: which subcommand, and what every subcommand has in common. Imports nothing before it must."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from devlint import __version__

if TYPE_CHECKING:
    from argparse import ArgumentParser

COMMANDS = {
    "check": "find device bugs in Python files and notebooks",
    "rule": "explain a rule, or list all rules",
}
"""Each subcommand, which is a module of this package, and what it does."""

INTERRUPTED = 130
"""The exit code that shells know from Ctrl-C."""


def entry() -> int:
    """What the console script runs."""
    return main(sys.argv[1:])


def main(arguments: Sequence[str]) -> int:
    """Run `devlint` with arguments and return its exit code; SystemExit after --help and for arguments that are wrong."""
    from devlint.cli.output import FAILED, complain, quiet_when_closed

    with quiet_when_closed():
        try:
            return _dispatch(arguments)
        except KeyboardInterrupt:
            return INTERRUPTED
