"""Which rules run: one decision, taken for each rule over the layers of settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from devlint.findings import RuleMeta
from devlint.settings import options
from devlint.settings.errors import SettingsError, did_you_mean
from devlint.settings.layers import Layer, Settings
from devlint.settings.options import Option

STEM = "XDV"
"""The letters that all rule codes begin with; one digit more makes a family."""

Words = Option[tuple[str, ...]]
"""An option whose words select rules."""


class RuleIndex:
    """All rules (or all checks, whose codes have another stem) and all words that select them."""

    def __init__(self, metas: Iterable[RuleMeta], families: Mapping[str, str], stem: str = STEM) -> None:
        self.metas = tuple(sorted(metas, key=lambda meta: meta.code))
        stems = [f"{stem}{digit}" for digit in families]
        prefixes = {meta.code[:length] for meta in self.metas for length in range(len(stem), len(meta.code) + 1)}
        self._prefixes = {
            "ALL": "",
            **{prefix: prefix for prefix in sorted({*prefixes, *stems})},
            **dict(zip(families.values(), stems, strict=True)),
            **{meta.name: meta.code for meta in self.metas},
        }

    def __contains__(self, word: str) -> bool:
        return word in self._prefixes

    def prefix(self, word: str) -> str:
        """What a selecting word stands for: the codes that begin with this; the longer, the more specific."""
        if word not in self._prefixes:
            hint = did_you_mean(word, self._prefixes) or "; `devlint rule` lists the rules"
            raise SettingsError(f"unknown rule `{word}`{hint}")
        return self._prefixes[word]

    def prefixes(self, layer: Layer, option: Option[Any], words: Iterable[str]) -> frozenset[str]:
        """`prefix` of each word of an option; the error names its place."""
        try:
            return frozenset(map(self.prefix, words))
        except SettingsError as error:
            raise SettingsError(f"{layer.where(option)}: {option.key}: {error}") from None

    def enabled(
        self,
        settings: Settings,
        select: tuple[Words, ...] = (options.SELECT, options.EXTEND_SELECT),
        ignore: tuple[Words, ...] = (options.IGNORE, options.EXTEND_IGNORE),
    ) -> frozenset[str]:
        """The codes of the rules that run, by the options that select and ignore; the first to select starts anew."""
        return self._enabled(self.metas, settings, select, ignore)

    def unsure(self, settings: Settings) -> frozenset[str]:
        """The codes of the rules whose findings of low confidence are shown: each rule has them as a pedantic one."""
        metas = [replace(meta, pedantic=True) for meta in self.metas]
        return self._enabled(
            metas, settings, (options.SELECT, options.EXTEND_SELECT), (options.IGNORE, options.EXTEND_IGNORE)
        )

    def _enabled(
        self, metas: Iterable[RuleMeta], settings: Settings, select: tuple[Words, ...], ignore: tuple[Words, ...]
    ) -> frozenset[str]:
        choices = [self._choice(layer, select, ignore) for layer in settings.layers]
        pedantic = settings[options.PEDANTIC]
        return frozenset(meta.code for meta in metas if is_enabled(meta, choices, pedantic=pedantic))

    def _choice(self, layer: Layer, select: tuple[Words, ...], ignore: tuple[Words, ...]) -> Choice:
        def stated(*named: Words) -> frozenset[str]:
            stating = [option for option in named if option.key in layer.values]
            return frozenset().union(*(self.prefixes(layer, option, layer.get(option)) for option in stating))

        return Choice(
            restarts=select[0].key in layer.values,
            select=stated(*select),
            ignore=stated(*ignore),
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """What one layer of settings says about rules, in prefixes of codes; `restarts`: it forgets the weaker layers."""

    restarts: bool
    select: frozenset[str]
    ignore: frozenset[str]


def is_enabled(meta: RuleMeta, choices: Iterable[Choice], *, pedantic: bool) -> bool:
    """Whether a rule runs.

    The strongest layer that mentions the rule decides; in it, the more specific prefix wins, and a draw means no.
    Only its full code selects a pedantic rule, unless `pedantic`.
    """
    only_by_code = meta.pedantic and not pedantic
    verdict = False
    for choice in choices:
        selected = _specificity(meta.code, choice.select & {meta.code} if only_by_code else choice.select)
        ignored = _specificity(meta.code, choice.ignore)
        if selected > ignored:
            verdict = True
        elif ignored >= 0 or choice.restarts:
            verdict = False
    return verdict


def _specificity(code: str, prefixes: frozenset[str]) -> int:
    """The length of the longest prefix of a code; -1 if none is."""
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=-1)
