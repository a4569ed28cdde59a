"""`python -m devlint.dev`: what contributors run, from the root of the repository."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from devlint.dev import catalog, docs, ecosystem, new_rule

COMMANDS = {
    "docs": (docs, "write docs/rules/ and docs/checks/ from docstrings"),
    "new-rule": (new_rule, "write the files of a new rule, and a fixture that fails"),
    "ecosystem": (ecosystem, "compare what is found in published packages with a git revision"),
    "catalog": (catalog, "write the catalogue of GPUs from its sources"),
}
"""Name -> the module with its `configure` and `run`, and a line of help."""


def main(arguments: Sequence[str]) -> int:
    """Run a contributor's command and return its exit code: 1 if it finds something, 2 if it cannot run."""
    parser = ArgumentParser("python -m devlint.dev", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, line) in COMMANDS.items():
        module.configure(commands.add_parser(name, help=line))
    options = parser.parse_args(arguments)
    code: int = COMMANDS[options.command][0].run(options)
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
