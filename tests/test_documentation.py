"""What the repository says about itself is true: generated pages, links, and the commands of the README."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from devlint.dev.__main__ import main
from devlint.doctor.checks import all_checks
from devlint.rules import all_metas

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
OUTPUT = re.compile(r"^```console\n\$ (devlint [^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_generated_pages_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", "--check", "--folder", str(DOCS)]) == 0, capsys.readouterr().err


def test_check_tells_what_is_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", "--folder", str(tmp_path)]) == 0
    assert main(["docs", "--check", "--folder", str(tmp_path)]) == 0
    (tmp_path / "rules" / "unmoved-batch.md").write_text("old")
    (tmp_path / "rules" / "gone-rule.md").write_text("of a rule that is no more")
    (tmp_path / "rules" / "index.md").unlink()
    (tmp_path / "checks" / "shm-small.md").write_text("old")
    assert main(["docs", "--check", "--folder", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert all(name in said for name in ("unmoved-batch.md", "gone-rule.md", "index.md", "shm-small.md"))
    assert main(["docs", "--folder", str(tmp_path)]) == 0
    assert {path.stem for path in (tmp_path / "rules").iterdir()} == {"index", *(meta.name for meta in all_metas())}
    checks = {check.meta.name for check in all_checks()}
    assert {path.stem for path in (tmp_path / "checks").iterdir()} == {"index", *checks}


def test_docs_command_needs_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", "--folder", str(tmp_path / "none")]) == 2
    assert "run this from the root" in capsys.readouterr().err


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), target


def test_every_page_is_indexed() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    missing = [page.name for page in DOCS.glob("*.md") if page.name != "index.md" and f"]({page.name}" not in index]
    assert not [name for name in missing if not name.endswith(".tmp.md")]
    assert "](rules/index.md)" in index
    assert "](checks/index.md)" in index


TUTORIAL = (DOCS / "tutorial" / "index.md").read_text(encoding="utf-8")


DOCTOR = (DOCS / "doctor.md").read_text(encoding="utf-8")
START = (DOCS / "index.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("command", "output"), [each for page in (README, START, TUTORIAL, DOCTOR) for each in OUTPUT.findall(page)]
)
def test_shown_output_is_real(command: str, output: str) -> None:
    words = shlex.split(command)[1:]
    done = subprocess.run(
        [sys.executable, "-m", "devlint", *words],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.stderr == ""
    shown, cut, _ = output.partition("...\n")
    if os.environ.get("DEVLINT_UPDATE_DOCS") and not cut:
        page = DOCS / "doctor.md"  # the page with long outputs; those of others are kept short by hand
        page.write_text(page.read_text(encoding="utf-8").replace(output, done.stdout), encoding="utf-8")
    assert done.stdout.startswith(shown) if cut else done.stdout == shown, (
        "DEVLINT_UPDATE_DOCS=1 rewrites docs/doctor.md"
    )


def test_pages_show_output() -> None:
    assert "check examples" in OUTPUT.findall(README)[0][0]
    assert len(OUTPUT.findall(START)) == 1
    assert len(OUTPUT.findall(TUTORIAL)) == 2
    assert len(OUTPUT.findall(DOCTOR)) == 3


@pytest.mark.parametrize(("page", "title"), [(START, "net.py"), (TUTORIAL, "first.py"), (TUTORIAL, "second.py")])
def test_code_that_is_shown_is_that_of_its_files(page: str, title: str) -> None:
    block = re.search(rf'```python title="{title}"\n(.*?)```', page, re.DOTALL)
    assert block is not None
    assert block[1] in (DOCS / "tutorial" / title).read_text(encoding="utf-8")


def test_ci_runs_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    pattern = re.search(r"grep --max-count=1 -- '(.+)' README\.md", script)
    assert pattern is not None
    command = next(line for line in README.splitlines() if pattern[1] in line)
    assert command.startswith("python -m venv .venv && ") and command.endswith(".venv/bin/python -m pytest")


def test_changelog_has_the_version() -> None:
    from devlint import __version__

    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[(Unreleased|{re.escape(__version__)})\]", changelog, re.MULTILINE)
