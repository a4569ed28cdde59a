"""The flags that set options: derived from the table of options, as all other ways to set them are."""

from __future__ import annotations

import os
from argparse import SUPPRESS, ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devlint.cli.output import CommandError
from devlint.rules import FAMILIES, all_metas
from devlint.settings import load
from devlint.settings.kinds import Flag
from devlint.settings.layers import Layer, Settings, defaults
from devlint.settings.options import OPTIONS, Group, Option
from devlint.settings.resolve import Resolver
from devlint.settings.select import RuleIndex


def add_settings_flags(parser: ArgumentParser, notes: Mapping[str, str], command: str = "check") -> None:
    """Add a flag for each option of a command that can have one, and those that say which settings count.

    `notes` are added to the help of options, by key.
    """
    options = {key: option for key, option in OPTIONS.items() if option.command == command}
    groups = {option.group for option in options.values()}
    sections = {group: parser.add_argument_group(group) for group in Group if group in groups}
    for key, option in options.items():
        if option.kind.flag is not Flag.NONE:
            help_text = f"{option.help} {notes.get(key, '')}".strip()
            sections[option.group].add_argument(
                option.flag, dest=key, default=SUPPRESS, help=help_text, **_shape(option)
            )
    section = parser.add_argument_group("Settings files")
    section.add_argument(
        "--config",
        action="append",
        default=[],
        metavar="FILE|KEY=VALUE",
        help="A settings file to use instead of those found, or one setting in TOML. May be repeated.",
    )
    section.add_argument("--isolated", action="store_true", help="Take no notice of settings files.")


def _shape(option: Option[Any]) -> dict[str, Any]:
    match option.kind.flag:
        case Flag.SWITCH:
            return {"action": BooleanOptionalAction}
        case Flag.MANY:
            return {"action": "extend", "type": option.kind.from_text, "metavar": option.metavar}
        case _:
            return {"type": option.kind.from_text, "metavar": option.metavar}


def resolver_for(arguments: Namespace, environ: Mapping[str, str]) -> Resolver:
    """The settings that parsed arguments ask for; CommandError or SettingsError if they cannot be used."""
    cwd = Path.cwd()
    overrides, discover = _overrides(arguments, environ, cwd)
    return Resolver(RuleIndex(all_metas(), FAMILIES), overrides=overrides, discover=discover, cwd=cwd)


def settings_for(arguments: Namespace, environ: Mapping[str, str]) -> Settings:
    """The settings of the current folder, for a command that checks no Python files; errors as of `resolver_for`."""
    cwd = Path.cwd()
    overrides, discover = _overrides(arguments, environ, cwd)
    found = load.nearest(cwd) if discover else None
    return Settings((defaults(cwd), *([found] if found else []), *overrides))


def _overrides(arguments: Namespace, environ: Mapping[str, str], cwd: Path) -> tuple[list[Layer], bool]:
    """The layers over those of settings files, and whether to look for such files."""
    file, inline = _configs(arguments.config, cwd)
    if file and arguments.isolated:
        raise CommandError("--isolated and --config FILE contradict each other")
    flags = {key: value for key, value in vars(arguments).items() if key in OPTIONS}
    overrides = [*file, load.read_environment(environ, cwd), *inline, load.read_flags(flags, cwd)]
    return overrides, not file and not arguments.isolated


def _configs(values: list[str], cwd: Path) -> tuple[list[Layer], list[Layer]]:
    """The settings file among the values of --config, if any, and the other settings."""
    files, inline = [], []
    for value in values:
        if os.path.exists(value):
            files.append(_config_file(value))
        elif "=" in value:
            inline.append(load.read_inline(value, cwd))
        else:
            raise CommandError(f"--config {value}: there is no such file, and it is not of the form `key = value`")
    if len(files) > 1:
        raise CommandError("--config: more than one settings file is given")
    return files, inline


def _config_file(name: str) -> Layer:
    layer = load.read_file(Path(os.path.abspath(name)))
    if layer is None:
        raise CommandError(f"--config {name}: the file has no [tool.devlint] table")
    return layer
