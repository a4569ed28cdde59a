"""Each rule's fixes on examples of it: `input.py` becomes `safe.py` with `--fix` and `unsafe.py` with `--unsafe-fixes`.

A file that is not there is one that would be the same as the one before. `UPDATE_GOLDEN=1 pytest tests/fixes` writes
them.
"""

from __future__ import annotations

import ast
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from devlint.findings import FileResult, FixAvailability
from devlint.lint import check_source, fix_source
from devlint.rules import all_metas
from devlint.settings.schema import LintSettings

EXAMPLES = Path(__file__).parent / "examples"
FOLDERS = sorted(path for path in EXAMPLES.iterdir() if path.is_dir())
UPDATE = bool(os.environ.get("UPDATE_GOLDEN"))
FIXABLE = {meta.name for meta in all_metas() if meta.fix is not FixAvailability.NONE}
ALL = frozenset(meta.code for meta in all_metas())

by_example = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def settings_of(source: bytes) -> LintSettings:
    """All rules, for the version of PyTorch that the example names, if it does."""
    target = re.search(rb"^# target-torch: (\d+)\.(\d+)$", source, re.MULTILINE)
    if target is None:
        return LintSettings(enabled=ALL)
    return LintSettings(enabled=ALL, target_torch=(int(target[1]), int(target[2])))


def fixed(source: bytes, *, unsafe: bool) -> tuple[FileResult, bytes]:
    result = fix_source(source, "example.py", settings_of(source), unsafe=unsafe)
    assert not result.failures
    return result, result.fixed.after if result.fixed else source


def counts(result: FileResult) -> Counter[str]:
    return Counter(finding.code for finding in result.findings)


@by_example
def test_fixed_as_expected(folder: Path) -> None:
    previous = source = (folder / "input.py").read_bytes()
    for name, unsafe in (("safe.py", False), ("unsafe.py", True)):
        path = folder / name
        _, text = fixed(source, unsafe=unsafe)
        if UPDATE and text != previous:
            path.write_bytes(text)
        elif UPDATE:
            path.unlink(missing_ok=True)
        assert text.decode() == (path.read_bytes() if path.exists() else previous).decode()
        previous = text


@by_example
@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
def test_fixed_for_good(folder: Path, unsafe: bool) -> None:
    source = (folder / "input.py").read_bytes()
    result, text = fixed(source, unsafe=unsafe)
    ast.parse(text)
    assert fixed(text, unsafe=unsafe)[1] == text
    assert not counts(result) - counts(check_source(source, "example.py", settings_of(source)))


@pytest.mark.parametrize("name", sorted(FIXABLE))
def test_rule_with_fixes_has_an_example(name: str) -> None:
    meta = next(meta for meta in all_metas() if meta.name == name)
    source = (EXAMPLES / name / "input.py").read_bytes()
    before = check_source(source, "example.py", settings_of(source))
    after = fix_source(source, "example.py", settings_of(source), unsafe=True)
    assert after.fixed is not None and meta.code in {each.code for each in after.fixed.applied}
    has_all = all(finding.fix for finding in before.findings if finding.code == meta.code)
    assert has_all or meta.fix is FixAvailability.SOMETIMES


def test_examples_are_of_rules() -> None:
    assert {folder.name for folder in FOLDERS} <= FIXABLE
