"""Settings in layers: each place that sets options is one, and a stronger layer goes over a weaker one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

from devlint.settings import options
from devlint.settings.errors import SettingsError
from devlint.settings.globs import Globs
from devlint.settings.options import OPTIONS, Option

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Layer:
    """The options that one place sets, already validated.

    `origin` names the place for people; `base` is the folder that its patterns are relative to; `values` and `lines`
    are by option key, and `lines` may know fewer keys.
    """

    origin: str
    base: Path
    values: Mapping[str, object]
    lines: Mapping[str, int] = field(default_factory=dict)

    def get(self, option: Option[T]) -> T:
        """The value this layer gives to an option; the default if it gives none."""
        return cast(T, self.values.get(option.key, option.default))

    def where(self, option: Option[Any]) -> str:
        """The place of an option, for a message."""
        return f"{self.origin}:{self.lines[option.key]}" if option.key in self.lines else self.origin


def defaults(base: Path) -> Layer:
    """The weakest layer, which gives every option a value."""
    return Layer("default", base, {key: option.default for key, option in OPTIONS.items()})


class Settings:
    """All that is set for the files of one folder: `settings[TIMEOUT]` is the value of the strongest layer."""

    def __init__(self, layers: tuple[Layer, ...]) -> None:
        self.layers = layers
        """Weakest first; the first one is the defaults."""

    def __getitem__(self, option: Option[T]) -> T:
        return self.layer_of(option).get(option)

    def layer_of(self, option: Option[Any]) -> Layer:
        """The strongest layer that gives an option a value."""
        return next(layer for layer in reversed(self.layers) if option.key in layer.values)

    def layers_of(self, option: Option[Any]) -> tuple[Layer, ...]:
        """The layers whose values for an option count together, weakest first: one, unless the option adds."""
        if not option.adds:
            return (self.layer_of(option),)
        return tuple(layer for layer in self.layers if layer.get(option) != option.default)

    @cached_property
    def excludes(self) -> tuple[Globs, ...]:
        """What to leave out: the strongest `exclude`, and every `extend-exclude`."""
        return tuple(
            globs(layer, option, layer.get(option))
            for option in (options.EXCLUDE, options.EXTEND_EXCLUDE)
            for layer in self.layers_of(option)
        )


def globs(layer: Layer, option: Option[Any], patterns: tuple[str, ...]) -> Globs:
    """Patterns of one option as a matcher; SettingsError names the place of a pattern that is none."""
    try:
        return Globs(layer.base, patterns)
    except ValueError as error:
        raise SettingsError(f"{layer.where(option)}: {option.key}: {error}") from None
