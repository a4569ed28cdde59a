"""Real runs of flake8 with devlint installed, beside real runs of `devlint check`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.plugins.projects import BAD, check, flake8, run, write

FILES = {
    "plain.py": BAD,
    "windows.py": BAD.replace("\n", "\r\n"),
    "bom.py": b"\xef\xbb\xbf" + BAD.encode(),
    "wide.py": BAD.replace("return ", 'return "\N{PILE OF POO}\N{COMBINING ACUTE ACCENT}é", '),
    "latin.py": ("# coding: latin-1\n" + BAD.replace("return ", 'return "é", ')).encode("latin-1"),
    "tabs.py": BAD.replace("    ", "\t"),
    "form_feed.py": BAD.replace("\n\n\n", "\n\x0c\n\n"),
    "many_lines.py": BAD.replace('"gpu"', '\n        "gpu"\n    '),
    "ignored.py": BAD.replace("def ", "# devlint: ignore\ndef ").replace(
        '"gpu")', '"gpu")  # devlint: ignore[XDV3] why'
    ),
    "clean.py": "x = 1\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path, {"bad.py": BAD})


def codes(lines: list[str]) -> list[str]:
    return [line.split()[1] for line in lines]


@pytest.mark.parametrize("name", FILES)
def test_findings_are_those_of_check(tmp_path: Path, name: str) -> None:
    write(tmp_path, FILES)
    found = [line.removeprefix("./") for line in flake8(tmp_path, name)]
    assert found == check(tmp_path, name)
    expected = {"clean.py": [], "ignored.py": ["XDV901"]}
    assert codes(found) == expected.get(name, ["XDV303"])


def test_what_an_editor_sends_is_checked_rather_than_the_file(project: Path) -> None:
    text = ("\n" + BAD).encode()
    (line,) = flake8(project, "-", "--stdin-display-name=bad.py", stdin=text)
    assert line.startswith("bad.py:6:")


@pytest.mark.parametrize(
    ("comment", "arguments", "expected"),
    [
        ("# noqa", [], []),
        ("# noqa: XDV303", [], []),
        ("# noqa: XDV", [], []),
        ("# noqa: E501", [], ["XDV303"]),
        ("# noqa", ["--disable-noqa"], ["XDV303"]),
        ("# devlint: ignore[XDV303] why", ["--disable-noqa"], []),
        ("", ["--extend-ignore=XDV303"], []),
        ("", ["--select=XDV1"], []),
        ("", ["--select=XDV3"], ["XDV303"]),
        ("", ["--per-file-ignores=bad.py:XDV"], []),
        ("", ["--per-file-ignores=other.py:XDV"], ["XDV303"]),
        ("", ["--extend-ignore=D,X1"], ["XDV303"]),
        ("", ["--devlint-off"], []),
        ("", ["--devlint-pedantic"], ["XDV303"]),
    ],
)
def test_flake8s_own_means_work(project: Path, comment: str, arguments: list[str], expected: list[str]) -> None:
    write(project, {"bad.py": BAD.replace('"gpu")', f'"gpu")  {comment}')})
    assert codes(flake8(project, *arguments, "bad.py")) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({".flake8": "[flake8]\ndevlint-off = true\n"}, []),
        ({".flake8": "[flake8]\nper-file-ignores =\n    bad.py: XDV303\n"}, []),
        ({"pyproject.toml": '[tool.devlint]\nignore = ["XDV303"]\n'}, []),
        ({"pyproject.toml": '[tool.devlint]\ndevice-types = ["gpu"]\n'}, []),
        ({"pyproject.toml": '[tool.devlint.per-file-ignores]\n"bad.py" = ["portability"]\n'}, []),
        ({"devlint.toml": 'exclude = ["bad.py"]\n'}, []),
        ({"pyproject.toml": "[tool.devlint]\nno-such-option = 1\n"}, ["XDV900"]),
    ],
)
def test_settings_files_hold(project: Path, files: dict[str, str], expected: list[str]) -> None:
    write(project, files)
    assert codes(flake8(project, "bad.py")) == expected


def test_devlint_runs_without_being_selected(project: Path) -> None:
    write(project, {"bad.py": BAD + "import os\n"})
    found = codes(flake8(project, "--extend-select=E,W,F", "bad.py"))
    assert {"XDV303", "F401"} <= set(found)


INJECTED = """
import devlint.lint

def check_source(data, path, settings, project=None):
    raise ERROR

devlint.lint.check_source = check_source
"""


@pytest.mark.parametrize("raised", ["ValueError('boom')", "RecursionError('boom')"])
def test_a_crash_does_not_take_flake8_down(project: Path, raised: str) -> None:
    write(project, {"bad.py": BAD + "import os\n", "inject/sitecustomize.py": INJECTED.replace("ERROR", raised)})
    found = flake8(project, "--select=XDV,F", "bad.py", PYTHONPATH=str(project / "inject"))
    assert codes(found) == ["XDV900", "F401"]
    assert "boom" in found[0]


def test_broken_syntax_is_left_to_flake8(project: Path) -> None:
    write(project, {"bad.py": BAD + "def (:\n"})
    assert codes(flake8(project, "--select=XDV,E9", "bad.py")) == ["E999"]


def test_results_do_not_depend_on_jobs(project: Path) -> None:
    write(project, {f"bad{number}.py": BAD for number in range(6)})
    assert flake8(project, "--jobs=1", ".") == flake8(project, "--jobs=3", ".")


def test_libcst_is_not_imported_when_off(project: Path) -> None:
    script = "import flake8.main.cli as cli, sys; cli.main(['--devlint-off', '.']); assert 'libcst' not in sys.modules"
    assert run([sys.executable, "-c", script], project).returncode == 0
