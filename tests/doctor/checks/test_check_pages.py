"""What every check says about itself: its code, its name, its page."""

from __future__ import annotations

import re
from inspect import cleandoc
from pathlib import Path

import pytest

import devlint.doctor.checks
from devlint.doctor.checks import FAMILIES, STEM, all_checks
from devlint.doctor.checks.base import Check
from devlint.findings.meta import DOCS_URL
from devlint.rules import FAMILIES as RULE_FAMILIES
from devlint.rules import all_metas

ROOT = Path(__file__).resolve().parents[3]
CHECKS = all_checks()
HEADINGS = ["What it does", "Why is this bad", "Example", "Use instead", "Known problems", "References"]

by_name = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.meta.name)


def sections(check: type[Check]) -> dict[str, str]:
    """The page's sections by heading."""
    parts = re.split(r"^## (.+)$", cleandoc(check.__doc__ or ""), flags=re.MULTILINE)
    return {heading: body.strip() for heading, body in zip(parts[1::2], parts[2::2], strict=True)}


@by_name
def test_page_has_its_headings(check: type[Check]) -> None:
    found = sections(check)
    assert list(found) == HEADINGS
    assert all(found.values())
    title, _, rest = cleandoc(check.__doc__ or "").partition("\n")
    assert title and not title.endswith(".") and rest.startswith("\n")


@by_name
def test_page_shows_the_fault_and_its_cure(check: type[Check]) -> None:
    found = sections(check)
    for heading in ("Example", "Use instead"):
        assert re.search(r"^```(console|shell|yaml|json|python)\n.+?^```$", found[heading], re.MULTILINE | re.DOTALL)
    assert found["Example"] != found["Use instead"]
    assert re.match(r"- \[.+\]\(https://", found["References"])


@by_name
def test_names_agree(check: type[Check]) -> None:
    name = check.meta.name
    assert re.fullmatch(r"[a-z]+[a-z0-9]*(-[a-z0-9]+)+|nofile|throttle|ecc|xid|persistence", name)
    assert check.meta.url == f"{DOCS_URL}checks/{name}/"
    assert check.__module__.rpartition(".")[2] == name.replace("-", "_")
    assert check.__name__.lower() == name.replace("-", "")


@by_name
def test_code_belongs_to_the_folder(check: type[Check]) -> None:
    assert re.fullmatch(rf"{STEM}\d{{3}}", check.meta.code)
    assert check.__module__.split(".")[-2] == FAMILIES[check.meta.code[3]].replace("-", "_")


@by_name
def test_changelog_lists_it(check: type[Check]) -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"{check.meta.code} `{check.meta.name}`: {check.meta.summary}" in changelog


def test_codes_and_names_are_unique() -> None:
    names = {check.meta.name for check in CHECKS}
    assert len({check.meta.code for check in CHECKS}) == len(names) == len(CHECKS) >= 70
    assert not names & {*FAMILIES.values(), *RULE_FAMILIES.values(), *(meta.name for meta in all_metas())}


def test_families_are_the_folders() -> None:
    folders = {path.parent.name for path in Path(devlint.doctor.checks.__path__[0]).glob("*/__init__.py")}
    assert folders == {name.replace("-", "_") for name in FAMILIES.values()}
