"""What every rule says about itself: its code, its name, its page, and the examples on it, which are run."""

from __future__ import annotations

import re
from inspect import cleandoc
from pathlib import Path

import pytest

from devlint.findings import Confidence, FixAvailability, RuleMeta, Severity
from devlint.findings.meta import DOCS_URL
from devlint.lint import check_source
from devlint.rules import FAMILIES, all_metas, all_rules
from devlint.rules.base import HANDLERS, Rule
from devlint.settings.schema import LintSettings

ROOT = Path(__file__).resolve().parents[2]
RULES = all_rules()
HEADINGS = ["What it does", "Why is this bad", "Example", "Use instead", "Known problems", "Fix safety", "References"]
SAFETY = "Fix safety"
"""Of rules with fixes only."""

ALSO_FINE = {
    "hard-coded-cuda": {"XDV107"},
    "generator-device-mismatch": {"XDV301"},
}
"""Rule -> what else its example shows: a fixed index is a hard-coded device, too."""

by_name = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.meta.name)


def sections(rule: type[Rule]) -> dict[str, str]:
    """The page's sections by heading."""
    parts = re.split(r"^## (.+)$", cleandoc(rule.__doc__ or ""), flags=re.MULTILINE)
    return {heading: body.strip() for heading, body in zip(parts[1::2], parts[2::2], strict=True)}


def code_of(section: str) -> list[str]:
    """The Python code of a section."""
    return re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


def codes_in(source: str, rule: type[Rule]) -> set[str]:
    """What devlint reports with every rule switched on, of those that need a target only the one that is asked for."""
    enabled = frozenset(meta.code for meta in all_metas() if not meta.needs_target or meta is rule.meta)
    settings = LintSettings(enabled=enabled, target_torch=rule.meta.torch)
    result = check_source(source.encode(), "example.py", settings)
    assert not result.failures
    return {finding.code for finding in result.findings}


@by_name
def test_example_is_reported(rule: type[Rule]) -> None:
    (example,) = code_of(sections(rule)["Example"])
    found = codes_in(example, rule)
    assert rule.meta.code in found
    assert found == {rule.meta.code} | ALSO_FINE.get(rule.meta.name, set())


@by_name
def test_better_code_is_clean(rule: type[Rule]) -> None:
    (better,) = code_of(sections(rule)["Use instead"])
    assert not codes_in(better, rule)


@by_name
def test_page_has_its_headings(rule: type[Rule]) -> None:
    found = sections(rule)
    assert list(found) == [each for each in HEADINGS if each != SAFETY or rule.meta.fix is not FixAvailability.NONE]
    assert all(found.values())
    title, _, rest = cleandoc(rule.__doc__ or "").partition("\n")
    assert title and not title.endswith(".") and rest.startswith("\n")


@by_name
def test_name_is_of_the_bad_pattern(rule: type[Rule]) -> None:
    name = rule.meta.name
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
    assert name.partition("-")[0] not in ("no", "avoid", "use", "prefer", "check")
    assert rule.meta.url == f"{DOCS_URL}rules/{name}/"
    assert rule.__module__.rpartition(".")[2] == name.replace("-", "_")
    assert rule.__name__.lower() == name.replace("-", "")


@by_name
def test_code_belongs_to_the_folder(rule: type[Rule]) -> None:
    assert re.fullmatch(r"XDV\d{3}", rule.meta.code)
    assert rule.__module__.split(".")[-2] == FAMILIES[rule.meta.code[3]].replace("-", "_")


@by_name
def test_summary_and_messages_are_plain(rule: type[Rule]) -> None:
    summary = rule.meta.summary
    assert summary and not summary.endswith(".") and "\n" not in summary
    assert re.fullmatch(r"\d+\.\d+\.\d+", rule.meta.since)


@by_name
def test_rule_listens_to_events_that_exist(rule: type[Rule]) -> None:
    handlers = {name for name in vars(rule) if name.startswith("on_")}
    assert handlers <= set(HANDLERS.values())
    assert handlers or rule.meta.code == "XDV901"


@by_name
def test_only_a_rule_with_fixes_makes_them(rule: type[Rule]) -> None:
    makes_them = "fix" in vars(rule) or rule.meta.code == "XDV901"
    assert makes_them == (rule.meta.fix is not FixAvailability.NONE)


@by_name
def test_changelog_lists_it(rule: type[Rule]) -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"{rule.meta.code} `{rule.meta.name}`" in changelog


def test_codes_and_names_are_unique() -> None:
    metas = all_metas()
    assert len({meta.code for meta in metas}) == len({meta.name for meta in metas}) == len(metas)
    assert not {meta.name for meta in metas} & set(FAMILIES.values())


def test_families_are_the_folders() -> None:
    import devlint.rules

    folders = {path.name for path in Path(devlint.rules.__path__[0]).iterdir() if (path / "__init__.py").exists()}
    assert folders <= {name.replace("-", "_") for name in FAMILIES.values()}


@pytest.mark.parametrize(
    ("torch", "needs_target", "target", "fits"),
    [
        (None, False, None, True),
        (None, False, (1, 8), True),
        ((2, 4), False, None, True),
        ((2, 4), False, (2, 3), False),
        ((2, 4), False, (2, 4), True),
        ((2, 4), False, (2, 10), True),
        ((2, 6), True, None, False),
        ((2, 6), True, (2, 5), False),
        ((2, 6), True, (2, 6), True),
    ],
)
def test_rule_fits_the_targeted_torch(torch, needs_target, target, fits) -> None:
    meta = RuleMeta(
        "XDV101", "cold-start", "a thing", Severity.WARNING, Confidence.HIGH, torch=torch, needs_target=needs_target
    )
    assert meta.fits(target) is fits
