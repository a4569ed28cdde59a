"""Which rules run: every combination over small universes, against a rule of thumb written the other way round."""

from __future__ import annotations

from itertools import chain, combinations, product

import pytest

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.settings.errors import SettingsError
from devlint.settings.select import Choice, RuleIndex, is_enabled


def meta(code: str, name: str, *, pedantic: bool = False) -> RuleMeta:
    return RuleMeta(code, name, "a thing", Severity.WARNING, Confidence.HIGH, pedantic=pedantic)


RULES = (meta("XDV101", "cold-start"), meta("XDV102", "hot-spot", pedantic=True), meta("XDV201", "lost-copy"))
INDEX = RuleIndex(RULES, {"1": "placement", "2": "movement"})
MOST_SPECIFIC_FIRST = ("XDV101", "XDV102", "XDV201", "XDV1", "XDV2", "")


def subsets(words):
    return [frozenset(chosen) for chosen in chain.from_iterable(combinations(words, n) for n in range(len(words) + 1))]


def choices(words):
    """Every choice over some words: `select` not given, or given with any words."""
    for restarts, ignore in product((False, True), subsets(words)):
        for select in subsets(words):
            yield Choice(restarts, select, ignore)


def first_word_decides(rule: RuleMeta, layers: tuple[Choice, ...], pedantic: bool) -> bool:
    """From the strongest layer down, and in it from the most specific word: the first that matches says it."""
    for layer in reversed(layers):
        for word in MOST_SPECIFIC_FIRST:
            if not rule.code.startswith(word):
                continue
            if word in layer.ignore:
                return False
            if word in layer.select and (pedantic or not rule.pedantic or word == rule.code):
                return True
        if layer.restarts:
            return False
    return False


@pytest.mark.parametrize("pedantic", [False, True])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_single_layer(rule, pedantic):
    for choice in choices(("", "XDV1", "XDV101", "XDV102")):
        assert is_enabled(rule, [choice], pedantic=pedantic) == first_word_decides(rule, (choice,), pedantic), choice


@pytest.mark.parametrize("pedantic", [False, True])
@pytest.mark.parametrize("rule", RULES[:2], ids=lambda rule: rule.code)
def test_every_pair_of_layers(rule, pedantic):
    for pair in product(choices(("", rule.code)), choices(("", "XDV1", rule.code))):
        assert is_enabled(rule, pair, pedantic=pedantic) == first_word_decides(rule, pair, pedantic), pair


@pytest.mark.parametrize(
    ("word", "prefix"),
    [
        ("ALL", ""),
        ("XDV", "XDV"),
        ("XDV1", "XDV1"),
        ("XDV10", "XDV10"),
        ("XDV101", "XDV101"),
        ("placement", "XDV1"),
        ("movement", "XDV2"),
        ("hot-spot", "XDV102"),
    ],
)
def test_words_stand_for_prefixes(word, prefix):
    assert INDEX.prefix(word) == prefix


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("XDV103", "did you mean `XDV10"),
        ("xdv201", "did you mean `XDV201`?"),
        ("placment", "did you mean `placement`?"),
        ("hot_spot", "did you mean `hot-spot`?"),
        ("all", "did you mean `ALL`?"),
        ("E501", "`devlint rule` lists the rules"),
        ("XDV3", "did you mean `XDV"),
        ("", "`devlint rule` lists the rules"),
    ],
)
def test_unknown_words_are_errors_with_the_nearest_one(word, hint):
    with pytest.raises(SettingsError, match="unknown rule") as error:
        INDEX.prefix(word)
    assert hint in str(error.value)


def test_a_family_without_rules_can_be_named():
    assert RuleIndex(RULES, {"1": "placement", "2": "movement", "9": "hygiene"}).prefix("hygiene") == "XDV9"
