"""`devlint rule`: what a rule, a check of the doctor, or an event of a rehearsal is about."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from devlint.cli.exits import CLEAN
from devlint.cli.output import COLORS, wants_color, write
from devlint.cli.pages import as_markdown, as_object, as_text, check_pages, event_pages, rule_pages
from devlint.doctor.checks.judge import index as check_index
from devlint.findings import RuleMeta
from devlint.rehearse import events
from devlint.rules import FAMILIES, all_metas
from devlint.settings.select import RuleIndex


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.description = "Explain a rule or a check of `devlint doctor`; without one, or for several, list them."
    parser.add_argument(
        "rule",
        nargs="?",
        default="ALL",
        metavar="RULE",
        help="A code, name, prefix or family; XDC: all checks of the doctor, XDR: all events of a rehearsal. [ALL]",
    )
    parser.add_argument("--all", action="store_true", help="Explain all rules of a list.")
    parser.add_argument(
        "--output-format", choices=("text", "json", "markdown"), default="text", help="How to write it. [text]"
    )
    parser.add_argument("--color", choices=COLORS, default="auto", help="When to use colours. [auto]")


def run(arguments: Namespace) -> int:
    """Print the pages or the list, and return the exit code."""
    index, all_pages = RuleIndex(all_metas(), FAMILIES), rule_pages
    event_index = RuleIndex(events.all_metas(), events.FAMILIES, events.STEM)
    for other, its_pages in ((check_index(), check_pages), (event_index, event_pages)):
        if arguments.rule not in index and arguments.rule in other:
            index, all_pages = other, its_pages
    prefix = index.prefix(arguments.rule)
    metas = [meta for meta in index.metas if meta.code.startswith(prefix)]
    is_one = [meta.code for meta in metas] == [prefix]
    pages = all_pages() if is_one or arguments.all else {}
    if arguments.output_format == "json":
        objects = [as_object(meta, pages.get(meta.code)) for meta in metas]
        write(json.dumps(objects[0] if is_one else objects, indent=2) + "\n")
    elif not pages:
        write(_table(metas) if arguments.output_format == "text" else _markdown_table(metas))
    elif arguments.output_format == "markdown":
        write("\n".join(as_markdown(meta, pages[meta.code]) for meta in metas))
    else:
        color = wants_color(arguments.color, sys.stdout, os.environ)
        write("\n\n".join(as_text(meta, pages[meta.code], color=color) for meta in metas))
    return CLEAN


def _table(metas: Sequence[RuleMeta]) -> str:
    width = max((len(meta.name) for meta in metas), default=0)
    return "".join(f"{meta.code}  {meta.name:<{width}}  {_summary(meta)}\n" for meta in metas)


def _markdown_table(metas: Sequence[RuleMeta]) -> str:
    rows = (f"| {meta.code} | [{meta.name}]({meta.url}) | {_summary(meta)} |\n" for meta in metas)
    return "| code | name | flags |\n| --- | --- | --- |\n" + "".join(rows)


def _summary(meta: RuleMeta) -> str:
    return meta.summary + (" (pedantic)" if meta.pedantic else "")
