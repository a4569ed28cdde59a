"""The flake8 plugin by itself, over a `check_source` that is made to say what the test needs."""

from __future__ import annotations

import ast
from argparse import Namespace
from pathlib import Path

import pytest

from devlint.findings import Confidence, Failure, FailureKind, FileResult, Finding, Location, RuleMeta, Severity, Span
from devlint.plugins.flake8 import FAILURE, Plugin
from devlint.rules import all_metas
from devlint.settings.schema import LintSettings
from tests.plugins.projects import write

PLACE = Location("a.py", Span(2, 7, 2, 9))
FINDING = Finding("XDV303", "a-rule", "a message", PLACE, Severity.ERROR, Confidence.HIGH)


class Checked:
    """Stands for `check_source` and keeps what it was asked."""

    def __init__(self, answer: FileResult | Exception) -> None:
        self.answer = answer
        self.asked: list[tuple[bytes, str, LintSettings]] = []

    def __call__(self, data: bytes, path: str, settings: LintSettings, project: object = None) -> FileResult:
        self.asked.append((data, path, settings))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Checked:
    checked = Checked(FileResult("a.py", (FINDING,)))
    monkeypatch.setattr("devlint.lint.check_source", checked)
    return checked


def reports(
    lines: list[str], filename: str = "a.py", *, off: bool = False, pedantic: bool = False
) -> list[tuple[int, int, str]]:
    Plugin.parse_options(Namespace(devlint_off=off, devlint_pedantic=pedantic))
    plugin = Plugin(ast.parse(""), filename, lines)
    return [(line, column, text) for line, column, text, _ in plugin.run()]


def test_columns_count_from_0(checked: Checked) -> None:
    assert reports(["x\n"]) == [(2, 6, "XDV303 a message")]
    assert [path for _, path, _ in checked.asked] == ["a.py"]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252", "no-such-thing"])
def test_bytes_are_those_that_decode_to_the_lines(checked: Checked, encoding: str) -> None:
    lines = [f"# coding: {encoding}\n", "s = 'é'\n"]
    reports(lines)
    ((data, _, _),) = checked.asked
    assert data.decode("utf-8" if encoding.startswith("no") else encoding) == "".join(lines)


def test_noqa_is_left_to_flake8(checked: Checked) -> None:
    reports(["x\n"])
    assert [settings.honour_noqa for _, _, settings in checked.asked] == [False]


@pytest.mark.parametrize("arguments", [{"off": True}, {"filename": "a.ipynb"}, {"filename": "build/a.py"}])
def test_files_that_are_not_checked(checked: Checked, arguments: dict) -> None:
    assert reports(["x\n"], **arguments) == []
    assert checked.asked == []


@pytest.mark.parametrize("error", [ValueError("one\ntwo"), RecursionError("one two"), MemoryError("one two")])
def test_a_crash_is_one_line(checked: Checked, error: Exception) -> None:
    checked.answer = error
    text = f"{FAILURE} devlint could not check this file: {type(error).__name__}: one two"
    assert reports(["x\n"]) == [(1, 0, text)]


def test_failures_are_lines_beside_the_findings(checked: Checked) -> None:
    somewhere = Failure(FailureKind.RULE_CRASH, "a.py", "a rule broke", Location("a.py", Span(3, 5, 3, 6)))
    nowhere = Failure(FailureKind.TIMEOUT, "a.py", "too slow")
    checked.answer = FileResult("a.py", (FINDING,), (somewhere, nowhere))
    assert reports(["x\n"]) == [
        (2, 6, "XDV303 a message"),
        (3, 4, f"{FAILURE} devlint could not check this file: a rule broke"),
        (1, 0, f"{FAILURE} devlint could not check this file: too slow"),
    ]


def test_no_rule_has_the_code_of_failures() -> None:
    assert FAILURE not in {meta.code for meta in all_metas()}


def test_settings_are_those_of_the_files_folder(checked: Checked, folder: Path) -> None:
    write(
        folder, {"one/pyproject.toml": '[tool.devlint]\ndevice-types = ["npu"]\n', "two/devlint.toml": "selct = []\n"}
    )
    assert reports(["x\n"], "one/a.py") == [(2, 6, "XDV303 a message")]
    assert [settings.device_types for _, _, settings in checked.asked] == [{"npu"}]
    ((line, column, text),) = reports(["x\n"], "two/a.py")
    assert (line, column) == (1, 0)
    assert text.startswith(FAILURE)
    assert "two/devlint.toml:1: unknown option `selct`; did you mean `select`?" in text


def test_pedantic_is_an_option(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = RuleMeta("XDV101", "one", "x", Severity.ERROR, Confidence.HIGH)
    noisy = RuleMeta("XDV102", "two", "x", Severity.ERROR, Confidence.LOW, pedantic=True)
    monkeypatch.setattr("devlint.rules.all_metas", lambda: (plain, noisy))
    reports(["x\n"])
    reports(["x\n"], pedantic=True)
    assert [settings.enabled for _, _, settings in checked.asked] == [{"XDV101"}, {"XDV101", "XDV102"}]
