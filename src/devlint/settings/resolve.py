"""From a path to the settings that hold for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from devlint.settings import load, options
from devlint.settings.layers import Layer, Settings, defaults, globs
from devlint.settings.schema import LintSettings
from devlint.settings.select import RuleIndex


class Resolver:
    """Finds the settings for each path: those of the nearest settings file upwards, and over them `overrides`.

    Without `discover`, only `overrides` count. Paths are absolute. Anything wrong in settings is a SettingsError.
    Answers are kept, so a resolver serves one run.
    """

    def __init__(
        self, rules: RuleIndex, *, overrides: Sequence[Layer] = (), discover: bool = True, cwd: Path | None = None
    ) -> None:
        self.rules = rules
        self.cwd = cwd or Path.cwd()
        self._overrides = tuple(overrides)
        self._discover = discover
        self._elsewhere = self._under(None)
        self._scopes: dict[Path, _Scope] = {}

    def settings(self, folder: Path) -> Settings:
        """The settings for what lies in a folder, which need not exist."""
        return self._scope(folder).settings

    def lint_settings(self, file: Path) -> LintSettings:
        """What decides the findings in a file."""
        return self._scope(file.parent).lint_settings(file)

    def _scope(self, folder: Path) -> _Scope:
        if folder not in self._scopes:
            if own := load.find(folder) if self._discover else None:
                scope = self._under(own)
            elif folder == folder.parent:
                scope = self._elsewhere
            else:
                scope = self._scope(folder.parent)
            self._scopes[folder] = scope
        return self._scopes[folder]

    def _under(self, file: Layer | None) -> _Scope:
        found = (defaults(file.base), file) if file else (defaults(self.cwd),)
        return _Scope(Settings((*found, *self._overrides)), self.rules)


class _Scope:
    """All files that share a settings file."""

    def __init__(self, settings: Settings, rules: RuleIndex) -> None:
        self.settings = settings
        roots = settings.layer_of(options.SOURCE_ROOTS)
        everywhere = LintSettings(
            enabled=rules.enabled(settings),
            unsure=rules.unsure(settings),
            module_bases=frozenset(settings[options.MODULE_BASES]),
            device_types=frozenset(settings[options.DEVICE_TYPES]),
            target_torch=_version(settings[options.TARGET_TORCH]),
            follow_imports=settings[options.FOLLOW_IMPORTS],
            source_roots=tuple(str(roots.base / root) for root in roots.get(options.SOURCE_ROOTS)),
        )
        self._by_ignored: dict[frozenset[str], LintSettings] = {frozenset(): everywhere}
        layer = settings.layer_of(options.PER_FILE_IGNORES)
        self._ignores = [
            (
                globs(layer, options.PER_FILE_IGNORES, (pattern.removeprefix("!"),)),
                pattern.startswith("!"),
                rules.prefixes(layer, options.PER_FILE_IGNORES, words),
            )
            for pattern, words in settings[options.PER_FILE_IGNORES].items()
        ]

    def lint_settings(self, file: Path) -> LintSettings:
        """Equal settings are one object, which makes them cheap to send to another process."""
        matching = (words for patterns, inverted, words in self._ignores if bool(patterns.verdict(file)) != inverted)
        ignored = frozenset().union(*matching)
        if ignored not in self._by_ignored:
            everywhere = self._by_ignored[frozenset()]
            enabled = {code for code in everywhere.enabled if not code.startswith(tuple(ignored))}
            self._by_ignored[ignored] = replace(everywhere, enabled=frozenset(enabled))
        return self._by_ignored[ignored]


def _version(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    major, minor = text.split(".")
    return int(major), int(minor)
