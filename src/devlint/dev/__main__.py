"""`python -m devlint.dev`: what contributors run, from the root of the repository."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from devlint.dev import catalog
from devlint.dev.docs import generated_docs, stale, write


def main(arguments: Sequence[str]) -> int:
    """Run a contributor's command and return its exit code: 1 if `--check` finds something, 2 if it cannot run."""
    parser = ArgumentParser("python -m devlint.dev", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    docs = commands.add_parser("docs", help="write docs/rules/ and docs/checks/ from docstrings")
    docs.add_argument("--check", action="store_true", help="only say which pages are out of date")
    docs.add_argument("--folder", type=Path, default=Path("docs"), help="where the documentation is [docs]")
    catalog.configure(commands.add_parser("catalog", help="write the catalogue of GPUs from its sources"))
    options = parser.parse_args(arguments)
    if options.command == "catalog":
        return catalog.run(options)
    if not options.folder.is_dir():
        print(f"no folder {options.folder}: run this from the root of the repository", file=sys.stderr)
        return 2
    outdated = []
    for name, pages in generated_docs().items():
        if options.check:
            outdated += stale(options.folder / name, pages)
        else:
            write(options.folder / name, pages)
    for path in outdated:
        print(f"{path} is out of date: run `python -m devlint.dev docs`", file=sys.stderr)
    return 1 if outdated else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
