"""`python -m devlint.dev ecosystem`: what a change of devlint adds and drops in packages, here tiny ones."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from devlint.dev.__main__ import main
from devlint.dev.changes import Found, Run, as_markdown, as_text, compare
from devlint.dev.ecosystem import PACKAGES
from devlint.dev.wheels import WheelError, unpack

ROOT = Path(__file__).resolve().parents[2]
BUGS = """\
import torch
from torch import nn

device = "cuda" if torch.cuda.is_available else "cpu"


def run(net: nn.Module, x):
    return net.forward(x), torch.zeros(3, device="gpu")
"""
BROKEN = "import torch\ndef f(:\n"


def wheel(cache: Path, name: str, files: Mapping[str, str]) -> None:
    cache.mkdir(exist_ok=True)
    with zipfile.ZipFile(cache / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """devlint's source with one revision, without XDV303, and tiny packages.

    In the working tree XDV303 is there, XDV501 is not, and XDV305 says something else.
    """
    root = tmp_path_factory.mktemp("repository")
    shutil.copytree(ROOT / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__"))
    rules = root / "src/devlint/rules"
    added = rules / "portability/invalid_device_string.py"
    text = added.read_bytes()
    added.unlink()
    (root / ".gitignore").write_text("__pycache__/\ncache/\n")
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "base")
    added.write_bytes(text)
    (rules / "call_protocol/direct_forward.py").unlink()
    reworded = rules / "portability/availability_not_called.py"
    reworded.write_text(reworded.read_text(encoding="utf-8").replace("it is not called", "call it"), encoding="utf-8")
    wheel(root / "cache", "buggy", {"buggy/train.py": BUGS, "buggy/broken.py": BROKEN})
    wheel(root / "cache", "clean", {"clean/__init__.py": "import torch\n"})
    (root / "list.toml").write_text('packages = ["buggy==1.0", "clean==1.0"]\n')
    return root


def ecosystem(root: Path, *arguments: str) -> int:
    places = ["--root", str(root), "--cache", str(root / "cache"), "--packages", str(root / "list.toml")]
    return main(["ecosystem", *places, "--jobs", "1", *arguments])


@pytest.mark.slow
def test_what_a_change_adds_and_drops(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    markdown = repository / "cache" / "comment.md"
    assert ecosystem(repository, "HEAD", "--markdown-file", str(markdown)) == 1
    text = capsys.readouterr().out
    assert "buggy 1.0: 1 added, 1 dropped, 1 reworded (2 findings)\n" in text
    assert "clean 1.0: no change (0 findings)\n" in text
    signs = [line[2:4] + line.split()[2] for line in text.splitlines() if line.startswith(("  +", "  -"))]
    assert signs == ["- XDV305", "+ XDV305", "- XDV501", "+ XDV303"]
    assert '\n        return net.forward(x), torch.zeros(3, device="gpu")\n' in text
    assert text.splitlines()[-1].startswith("1 added, 1 dropped, 1 reworded: 2 findings in 2 packages with HEAD (")
    shown = markdown.read_text(encoding="utf-8")
    assert "| buggy 1.0 | 1 | 1 | 1 |\n" in shown and "clean" not in shown
    assert "| XDV303 invalid-device-string | 1 | 0 | 0 |\n" in shown
    assert "\n- buggy/train.py:8:12 XDV501 " in shown and "\n+ buggy/train.py:8:" in shown
    left = subprocess.run(
        ["git", "-C", str(repository), "worktree", "list"], capture_output=True, text=True, check=True
    )
    assert len(left.stdout.splitlines()) == 1


@pytest.mark.slow
def test_one_package_and_one_rule(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ecosystem(repository, "HEAD", "--only", "clean") == 0
    assert "no change" in capsys.readouterr().out
    assert ecosystem(repository, "HEAD", "--select", "XDV303,direct-forward") == 1
    assert "buggy 1.0: 1 added, 1 dropped (1 finding)\n" in capsys.readouterr().out
    assert ecosystem(repository, "HEAD", "--select", "movement", "--format", "markdown") == 0
    assert "0 added, 0 dropped" in capsys.readouterr().out
    assert ecosystem(repository, "HEAD", "--select", "XDV999") == 2
    assert "`XDV999` is no rule" in capsys.readouterr().err


def test_what_cannot_be_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wheel(tmp_path / "cache", "clean", {"clean/__init__.py": ""})
    (tmp_path / "list.toml").write_text('packages = ["clean==1.0"]\n')
    assert ecosystem(tmp_path, "HEAD") == 2
    assert "not a git repository" in capsys.readouterr().err
    git(tmp_path, "init", "--quiet")
    assert ecosystem(tmp_path, "no-such") == 2
    assert capsys.readouterr().err == "git rev-parse: `no-such` is no revision\n"
    git(tmp_path, "add", "list.toml")
    git(tmp_path, "commit", "--quiet", "--message", "x")
    assert ecosystem(tmp_path, "HEAD") == 2
    assert "this is no source tree of devlint" in capsys.readouterr().err
    assert ecosystem(tmp_path, "HEAD", "--only", "other") == 2
    assert "--only: other is none of clean" in capsys.readouterr().err
    (tmp_path / "list.toml").write_text("packages = [\n")
    assert ecosystem(tmp_path, "HEAD") == 2
    assert "must say `packages = [...]`" in capsys.readouterr().err


def test_wheels_come_from_the_cache(tmp_path: Path) -> None:
    wheel(tmp_path, "two_words", {"two_words/a.py": "x = 1\n"})
    package = unpack("two-words==1.0", tmp_path)
    assert (package.folder / "two_words/a.py").read_text() == "x = 1\n"
    (tmp_path / "two_words-1.0-py3-none-any.whl").unlink()
    assert unpack("two-words==1.0", tmp_path) == package
    (tmp_path / "broken-1.0-py3-none-any.whl").write_text("no zip")
    with pytest.raises(WheelError, match="is broken, remove it"):
        unpack("broken==1.0", tmp_path)
    with pytest.raises(WheelError, match="give NAME==VERSION"):
        unpack("two-words", tmp_path)


def test_the_packages_of_the_issue_are_pinned() -> None:
    text = PACKAGES.read_text(encoding="utf-8")
    for each in ("timm==1.0.31", "diffusers==0.42.1", "transformers==5.23.0", "accelerate==1.15.0"):
        assert f'"{each}"' in text


# ---------------------------------------------------------------------------------------------------------- comparison


def found(line: int, message: str = "wrong", code: str = "XDV101") -> Found:
    return Found("a.py", line, 1, code, "name", message, "x = `1`")


def test_same_place_and_code_is_the_same_finding() -> None:
    before = Run((found(1), found(1, "also"), found(2), found(3)), ("a.py: broken", "b.py: broken"))
    after = Run((found(3), found(1, "other"), found(2, code="XDV102"), found(4)), ("b.py: broken", "c.py: broken"))
    changes = compare("a 1.0", before, after)
    assert changes.added == (found(2, code="XDV102"), found(4))
    assert [each.message for each in changes.dropped] == ["wrong", "wrong"]
    assert [(old.message, new.message) for old, new in changes.reworded] == [("also", "other")]
    assert (changes.failing, changes.mended) == (("c.py: broken",), ("a.py: broken",))
    assert changes.any and not compare("a 1.0", after, after).any


def test_code_is_shown_once_for_a_place() -> None:
    text = as_text([compare("a 1.0", Run((found(1),)), Run((found(1, "other"),)))], "main")
    assert text.splitlines() == [
        "a 1.0: 1 reworded (1 finding)",
        "  - a.py:1:1 XDV101 wrong",
        "        x = `1`",
        "  + a.py:1:1 XDV101 other",
        "",
        "0 added, 0 dropped, 1 reworded: 1 finding in 1 package with main, 1 now.",
    ]


def test_markdown_is_bounded_and_cannot_be_broken_out_of() -> None:
    many = tuple(Found("a.py", line, 1, "XDV101", "name", "wrong", "```") for line in range(1, 400))
    text = as_markdown([compare("a 1.0", Run(), Run(many))], "main")
    assert len(text.splitlines()) < 130
    assert "... and 698 more lines" in text
    assert "\n````diff\n" in text and "\n````\n" in text


def test_markdown_without_changes_is_two_lines() -> None:
    text = as_markdown([compare("a 1.0", Run((found(1),)), Run((found(1),)))], "main")
    assert text.splitlines() == [
        "### devlint on published packages",
        "",
        "0 added, 0 dropped: 1 finding in 1 package with `main`, 1 now.",
    ]
