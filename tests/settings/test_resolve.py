"""Which settings hold for which file."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from devlint.findings import Confidence, RuleMeta, Severity
from devlint.settings import load, options
from devlint.settings.errors import SettingsError
from devlint.settings.resolve import Resolver
from devlint.settings.schema import LintSettings
from devlint.settings.select import RuleIndex
from devlint.settings.show import settings_as_toml

RULES = RuleIndex(
    [
        RuleMeta(code, name, "a thing", Severity.WARNING, Confidence.HIGH, pedantic=code == "XDV102")
        for code, name in (("XDV101", "cold-start"), ("XDV102", "hot-spot"), ("XDV201", "lost-copy"))
    ],
    {"1": "placement", "2": "movement"},
)


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def resolver(cwd: Path, *inline: str, **options: bool) -> Resolver:
    return Resolver(RULES, overrides=[load.read_inline(text, cwd) for text in inline], cwd=cwd, **options)


def test_nearest_file_wins_and_does_not_add_to_those_above(tmp_path):
    tree(
        tmp_path,
        {
            "pyproject.toml": '[tool.devlint]\nignore = ["XDV101"]\ntimeout = 5\n',
            "a/pyproject.toml": "[tool.other]\n",
            "a/b/devlint.toml": 'ignore = ["XDV201"]\n',
            "a/b/pyproject.toml": '[tool.devlint]\nignore = ["ALL"]\n',
        },
    )
    found = resolver(tmp_path)
    assert found.lint_settings(tmp_path / "a" / "x.py").enabled == {"XDV201"}
    assert found.lint_settings(tmp_path / "a" / "b" / "c" / "not-there" / "x.py").enabled == {"XDV101"}
    assert found.settings(tmp_path / "a")[options.TIMEOUT] == 5
    assert found.settings(tmp_path / "a" / "b")[options.TIMEOUT] == options.TIMEOUT.default
    isolated = resolver(tmp_path, discover=False)
    assert isolated.lint_settings(tmp_path / "a" / "x.py").enabled == {"XDV101", "XDV201"}


@pytest.mark.parametrize(
    ("file", "flags", "enabled"),
    [
        ("", "", {"XDV101", "XDV201"}),
        ("", "pedantic = true", {"XDV101", "XDV102", "XDV201"}),
        ("pedantic = true", "pedantic = false", {"XDV101", "XDV201"}),
        ('extend-select = ["hot-spot"]', "", {"XDV101", "XDV102", "XDV201"}),
        ('extend-select = ["placement"]', "", {"XDV101", "XDV201"}),
        ('ignore = ["XDV101"]', 'select = ["placement"]', {"XDV101"}),
        ('ignore = ["XDV101"]', 'extend-select = ["placement"]', {"XDV101", "XDV201"}),
        ('ignore = ["XDV101"]', 'ignore = ["XDV201"]', set()),
        ('select = ["movement"]', 'extend-select = ["XDV102"]', {"XDV102", "XDV201"}),
        ('select = ["movement"]', 'ignore = ["XDV2"]', set()),
        ('select = ["XDV201"]\nextend-ignore = ["XDV2"]', "", {"XDV201"}),
        ("select = []", "", set()),
    ],
)
def test_selection(tmp_path, file, flags, enabled):
    tree(tmp_path, {"devlint.toml": file})
    assert resolver(tmp_path, flags).lint_settings(tmp_path / "x.py").enabled == enabled


def test_what_lint_gets(tmp_path):
    text = 'module-bases = ["a.B"]\ndevice-types = ["npu", "hpu"]\ntarget-torch = "2.10"\nselect = ["XDV1"]\n'
    tree(tmp_path, {"devlint.toml": text})
    expected = LintSettings(frozenset({"XDV101"}), frozenset({"a.B"}), frozenset({"npu", "hpu"}), (2, 10))
    assert resolver(tmp_path).lint_settings(tmp_path / "x.py") == expected


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("tests", ["tests/a.py", "src/tests/b/c.py"], ["tests.py", "src/a.py"]),
        ("tests/**", ["tests/a.py", "tests/b/c.py"], ["src/tests/c.py"]),
        ("/src/*.py", ["src/a.py"], ["src/b/a.py", "b/src/a.py"]),
        ("*_test.py", ["a_test.py", "b/a_test.py"], ["a_test.pyx"]),
        ("!src/**", ["tests/a.py"], ["src/a.py", "src/b/c.py"]),
    ],
)
def test_per_file_ignores(tmp_path, pattern, matching, others):
    tree(tmp_path, {"sub/pyproject.toml": f'[tool.devlint.per-file-ignores]\n"{pattern}" = ["placement"]\n'})
    found = resolver(tmp_path)
    for name in matching:
        assert found.lint_settings(tmp_path / "sub" / name).enabled == {"XDV201"}, name
    for name in others:
        assert found.lint_settings(tmp_path / "sub" / name).enabled == {"XDV101", "XDV201"}, name


def test_per_file_ignores_join_and_beat_any_selection(tmp_path):
    tree(tmp_path, {"devlint.toml": '[per-file-ignores]\n"a*" = ["XDV1"]\n"*b" = ["lost-copy"]\n'})
    found = resolver(tmp_path, 'select = ["XDV101", "XDV201"]')
    enabled = {name: found.lint_settings(tmp_path / name).enabled for name in ("a", "b", "ab", "c")}
    assert enabled == {"a": {"XDV201"}, "b": {"XDV101"}, "ab": set(), "c": {"XDV101", "XDV201"}}


def test_equal_settings_are_one_object(tmp_path):
    found = resolver(tmp_path)
    assert found.lint_settings(tmp_path / "a.py") is found.lint_settings(tmp_path / "b" / "c.py")


@pytest.mark.parametrize(
    "text", ['select = ["XDV999"]', 'extend-ignore = ["nope"]', '[per-file-ignores]\n"x" = ["placment"]']
)
def test_unknown_rules_are_named_with_their_place(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tree(tmp_path, {"devlint.toml": "\n" + text}))
    with pytest.raises(SettingsError, match="^devlint.toml:2: [a-z-]+: unknown rule `"):
        resolver(tmp_path).lint_settings(tmp_path / "x.py")


def test_shown_settings_are_settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tree(tmp_path, {"devlint.toml": 'ignore = ["XDV1"]\nper-file-ignores = { "a\\"b" = ["ALL"] }\n'}))
    found = resolver(tmp_path, 'ignore = ["lost-copy"]\ntimeout = 0.5')
    shown = settings_as_toml(found.settings(tmp_path), RULES)
    parsed = tomllib.loads(shown)
    assert parsed["ignore"] == ["XDV1", "lost-copy"]
    assert parsed["per-file-ignores"] == {'a"b': ["ALL"]}
    assert parsed["timeout"] == 0.5
    assert set(parsed["doctor"]) == {"select", "ignore"}
    stated = set(parsed) - {"doctor"}
    assert stated == {key for key in options.OPTIONS if "." not in key} - {"baseline", "target-torch"}
    assert "# devlint.toml:1, --config 'ignore" in shown
    assert "# 0 rules run:" in shown
    again = resolver(tmp_path, shown, discover=False)
    assert again.lint_settings(tmp_path / "x.py") == found.lint_settings(tmp_path / "x.py")
