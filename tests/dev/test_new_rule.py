"""`python -m devlint.dev new-rule` in a scratch copy of the repository: what it writes, and what it refuses."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from devlint.dev import new_rule
from devlint.dev.__main__ import main
from devlint.rules import FAMILIES, all_metas

ROOT = Path(__file__).resolve().parents[2]
HIGHEST = {
    digit: max((m.code for m in all_metas() if m.code[3] == digit), default=f"XDV{digit}00") for digit in FAMILIES
}


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """What new-rule looks at, without the rest."""
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src/devlint/rules", tmp_path / "src/devlint/rules", ignore=unwanted)
    (tmp_path / "tests/fixtures").mkdir(parents=True)
    shutil.copy(ROOT / "CHANGELOG.md", tmp_path)
    return tmp_path


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def new(root: Path, *arguments: str) -> int:
    return main(["new-rule", *arguments, "--root", str(root)])


def test_next_free_code_of_the_family(scratch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(scratch)
    assert new(scratch, "left-shoe", "--family", "placement", "--summary", "a shoe that is left") == 0
    code = f"XDV{int(HIGHEST['1'][3:]) + 1}"
    added = tree(scratch)
    changed = {path for path in added if added[path] != before.get(path)}
    files = {"src/devlint/rules/placement/left_shoe.py", "CHANGELOG.md"}
    assert changed == files | {f"tests/fixtures/left-shoe/{name}.py" for name in ("bugs", "lookalikes")}
    said = capsys.readouterr().out
    assert all(f"wrote {path}\n" in said for path in changed)
    rule = added["src/devlint/rules/placement/left_shoe.py"].decode()
    assert (
        "class LeftShoe(Rule):" in rule and f'"{code}",\n        "left-shoe",\n        "a shoe that is left",' in rule
    )
    assert f"# {code}\n" in added["tests/fixtures/left-shoe/bugs.py"].decode()
    changelog = added["CHANGELOG.md"].decode().splitlines()
    line = changelog.index(f"- {code} `left-shoe`: a shoe that is left")
    assert changelog[line - 1].startswith(f"- {HIGHEST['1']}")
    assert [*changelog[:line], *changelog[line + 1 :]] == before["CHANGELOG.md"].decode().splitlines()
    assert new(scratch, "right-shoe", "--family", "placement") == 0
    assert f"XDV{int(code[3:]) + 1}" in (scratch / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("family", FAMILIES.values())
def test_every_family_can_have_a_rule(scratch: Path, family: str) -> None:
    assert new(scratch, "left-shoe", "--family", family) == 0
    folder = scratch / "src/devlint/rules" / family.replace("-", "_")
    assert (folder / "left_shoe.py").exists() and (folder / "__init__.py").exists()
    compile((folder / "left_shoe.py").read_text(encoding="utf-8"), "left_shoe.py", "exec")


def test_a_code_that_is_asked_for(scratch: Path) -> None:
    assert new(scratch, "left-shoe", "--code", "XDV477") == 0
    assert '"XDV477"' in (scratch / "src/devlint/rules/module_state/left_shoe.py").read_text(encoding="utf-8")


REFUSED = {
    "taken name": (["unmoved-batch", "--family", "placement"], "`unmoved-batch` is taken, by"),
    "taken name elsewhere": (["unmoved-batch", "--family", "hygiene"], "placement"),
    "name of a check": (["shm-small", "--family", "hygiene"], "`shm-small` is taken, by XDC"),
    "name of a family": (["placement", "--family", "hygiene"], "`placement` is taken, by a family"),
    "taken code": (["left-shoe", "--code", "XDV101"], "XDV101 is taken, by"),
    "code of the past": (["left-shoe", "--code", "XDV499"], "never used again"),
    "other family": (["left-shoe", "--code", "XDV299", "--family", "placement"], "is of the family movement"),
    "no code": (["left-shoe", "--code", "XDV99"], "is not a code"),
    "no family": (["left-shoe"], "give --family, or --code"),
    "case": (["LeftShoe", "--family", "placement"], "not in kebab-case"),
    "remedy": (["use-left-shoe", "--family", "placement"], "does not name the bad pattern"),
    "fixtures": (["mended-shoe", "--family", "placement"], "exists already"),
    "summary": (["left-shoe", "--family", "placement", "--summary", "a\nb"], "one line"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_one_line(scratch: Path, case: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, said = REFUSED[case]
    (scratch / "tests/fixtures/mended-shoe").mkdir()
    with (scratch / "CHANGELOG.md").open("a", encoding="utf-8") as file:
        file.write("\n## [0.0.1]\n\n- Removed XDV499 `worn-shoe`.\n")
    before = tree(scratch)
    assert new(scratch, *arguments) == 2
    captured = capsys.readouterr()
    assert said in captured.err and captured.err.count("\n") == 1 and not captured.out
    assert tree(scratch) == before


def test_all_files_or_none(scratch: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(scratch)
    real, written = new_rule.replace_file, []

    def full_disk(path: str, data: bytes) -> None:
        written.append(path)
        if len(written) == 4:  # the changelog, which was there before
            real(path, b"half")
            raise OSError(28, "No space left on device")
        real(path, data)

    monkeypatch.setattr(new_rule, "replace_file", full_disk)
    assert new(scratch, "left-shoe", "--family", "placement") == 2
    assert "No space left" in capsys.readouterr().err
    assert tree(scratch) == before
    assert not (scratch / "tests/fixtures/left-shoe").exists()


def test_needs_a_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new(tmp_path, "left-shoe", "--family", "placement") == 2
    assert "run this from the root of the repository" in capsys.readouterr().err


@pytest.mark.slow
def test_fixture_fails_until_the_rule_is_written(tmp_path: Path) -> None:
    unwanted = shutil.ignore_patterns("__pycache__", "rehearse", "configs", "facts", "checks")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests/fixtures", tmp_path / "tests/fixtures", ignore=unwanted)
    shutil.copytree(ROOT / "tests/rules", tmp_path / "tests/rules", ignore=unwanted)
    (tmp_path / "docs").mkdir()
    for name in ("CHANGELOG.md", "pyproject.toml", "tests/test_fixtures.py", "tests/fixtures_support.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path / "src"), str(tmp_path)])}

    def python(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )

    tests = ["pytest", "-p", "no:cacheprovider", "-q", "tests/test_fixtures.py", "tests/rules", "-k", "relu or unique"]
    made = python("devlint.dev", "new-rule", "relu", "--family", "hygiene", "--summary", "a relu")
    assert (made.returncode, made.stderr) == (0, "")
    failing = python(*tests)
    code = next(word for word in failing.stdout.split() if word.startswith("XDV9"))
    assert failing.returncode == 1
    assert f"{code} is missing" in failing.stdout and "test_findings_are_as_marked[relu/bugs]" in failing.stdout
    assert "2 failed" in failing.stdout, failing.stdout  # the fixture, and the example on the page
    rule = tmp_path / "src/devlint/rules/hygiene/relu.py"
    rule.write_text(rule.read_text(encoding="utf-8").replace('"torch.todo"', '"torch.relu"'), encoding="utf-8")
    passing = python(*tests)
    assert passing.returncode == 0, passing.stdout
    assert python("devlint.dev", "docs").returncode == 0
    assert code in (tmp_path / "docs/rules/relu.md").read_text(encoding="utf-8")
