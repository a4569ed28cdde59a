"""`devlint gpu`: what a card is, and which of several to take."""

from __future__ import annotations

import json
import os
import shutil
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter

from devlint.cli.exits import CLEAN
from devlint.cli.output import COLORS, CommandError, wants_color, write
from devlint.doctor.catalog import gpus
from devlint.doctor.catalog.card import GIB, Card, Segment
from devlint.doctor.facts.gpu import GpuVendor
from devlint.report.terminal import painter

_EPILOG = """\
examples:
  devlint gpu "RTX 3060"
  devlint gpu 3060 4060ti "4090 laptop"        side by side
  devlint gpu --list --vendor nvidia --min-vram 24 --segment consumer
"""
_WIDEST = 100
"""Columns: longer lines are hard to read."""


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.description = "Explain a GPU, compare several, or list those that devlint knows."
    parser.epilog = _EPILOG
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.add_argument("names", nargs="*", metavar="NAME", help="A card: `RTX 3060`, `3060 12gb`, `A100-SXM4-80GB`.")
    parser.add_argument("--list", action="store_true", help="List cards, all or those that the filters leave.")
    parser.add_argument("--vendor", choices=[str(each) for each in GpuVendor], help="Only cards of this vendor.")
    parser.add_argument("--segment", choices=[str(each) for each in Segment], help="Only cards of this kind.")
    parser.add_argument("--arch", metavar="NAME", help="Only this architecture: `ampere`, `8.6`, `sm_86`, `gfx90a`.")
    parser.add_argument("--min-vram", type=float, metavar="GB", help="Only cards with at least so much memory.")
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="How to write it. [text]")
    parser.add_argument("--color", choices=COLORS, default="auto", help="When to use colours. [auto]")


def run(arguments: Namespace) -> int:
    """Print the cards and return the exit code."""
    filters = (arguments.vendor, arguments.segment, arguments.arch, arguments.min_vram)
    is_list = arguments.list or any(each is not None for each in filters)
    if is_list and arguments.names:
        raise CommandError("names and a list exclude each other: leave out either the names or --list and its filters")
    if not is_list and not arguments.names:
        raise CommandError('say which card, as `devlint gpu "RTX 3060"`, or --list')
    cards = _filtered(arguments) if is_list else _resolved(arguments.names)
    if arguments.output_format == "json":
        from devlint.doctor.reports.cards import as_object

        write(json.dumps([as_object(card, with_fits=not is_list) for card in cards], indent=2) + "\n")
    else:
        write(_text(cards, is_list=is_list, color=wants_color(arguments.color, sys.stdout, os.environ)))
    return CLEAN


def _resolved(names: list[str]) -> list[Card]:
    try:
        return [gpus.resolve(gpus.split_count(name)[1]) for name in names]
    except gpus.UnknownCard as error:
        raise CommandError(str(error)) from None


def _filtered(arguments: Namespace) -> list[Card]:
    kept = [
        card
        for card in gpus.cards()
        if arguments.vendor in (None, card.vendor)
        and arguments.segment in (None, card.segment)
        and (arguments.arch is None or _is_of(card, arguments.arch))
        and (arguments.min_vram is None or max(card.memory) >= arguments.min_vram * GIB)
    ]
    if not kept:
        raise CommandError("no card passes these filters: drop one, or see `devlint gpu --list`")
    return kept


def _is_of(card: Card, wanted: str) -> bool:
    """Whether an architecture's name (or the start of it), compute capability, sm or gfx target is the card's."""
    text = wanted.lower()
    capability = "".join(map(str, card.compute_capability or ()))
    targets = {capability, f"sm_{capability}"} if capability else {card.gfx}
    return card.architecture.lower().startswith(text) or text.replace(".", "") in targets


def _text(cards: list[Card], *, is_list: bool, color: bool) -> str:
    from devlint.doctor.reports.cards import compared, explained, listed

    width = min(shutil.get_terminal_size(fallback=(80, 24)).columns, _WIDEST)
    paint = painter(color)
    if is_list:
        lines = listed(cards)
    elif len(cards) == 1:
        lines = explained(cards[0], width, paint)
    else:
        lines = compared(cards, width, paint)
    return "".join(f"{line}\n" for line in lines)
