"""Settings as text: `--show-settings` and the reference page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import chain
from typing import Any

from devlint.settings.kinds import Flag
from devlint.settings.layers import Settings
from devlint.settings.options import OPTIONS, Group, Option
from devlint.settings.select import RuleIndex


def settings_as_toml(settings: Settings, rules: RuleIndex) -> str:
    """Every option with its value and where that was set, as a settings file, and the rules that run as comments."""
    lines = []
    for option in OPTIONS.values():
        layers = settings.layers_of(option) or settings.layers[:1]
        value = sum((layer.get(option) for layer in layers), ()) if option.adds else layers[0].get(option)
        shown = f"{option.key} = {toml(value)}" if value is not None else f"# {option.key} is not set"
        lines.append(f"{shown}  # {', '.join(layer.where(option) for layer in layers)}")
    enabled = rules.enabled(settings)
    lines += ["", f"# {len(enabled)} rules run:"]
    lines += [f"# {meta.code} {meta.name}" for meta in rules.metas if meta.code in enabled]
    return "\n".join(lines) + "\n"


def options_as_markdown() -> str:
    """The reference of all options."""
    return "\n".join(chain.from_iterable(_group(group) for group in Group)).strip() + "\n"


def _group(group: Group) -> list[str]:
    lines = [f"## {group}", ""]
    for option in OPTIONS.values():
        if option.group is group:
            lines += _reference(option)
    return lines


def _reference(option: Option[Any]) -> list[str]:
    default = "not set" if option.default is None else f"`{toml(option.default)}`"
    places = [f"flag `{option.flag}`"] if option.kind.flag is not Flag.NONE else []
    places += [f"variable `{option.variable}`"] if option.variable else []
    facts = [f"- Type: {option.kind.noun}", f"- Default: {default}"]
    if places:
        facts.append(f"- Also: {', '.join(places)}")
    example = ["```toml", f"{option.key} = {option.example}", "```"]
    return [f"### `{option.key}`", "", option.help, "", *facts, "", *example, ""]


def toml(value: object) -> str:
    """A value of an option in TOML."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{toml(key)} = {toml(item)}" for key, item in value.items()) + " }" if value else "{}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, float):
        return f"{value:g}"
    return json.dumps(value, ensure_ascii=False)
