"""Which files are found, and under which names."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest

from devlint.findings import FailureKind
from devlint.run.discover import Discovery, Stdin, discover
from devlint.settings import load
from devlint.settings.resolve import Resolver
from devlint.settings.select import RuleIndex


def tree(root: Path, *names: str, **texts: str) -> Path:
    for name, text in {**dict.fromkeys(names, ""), **texts}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def find(cwd: Path, *paths: str, settings: str = "", stdin: Stdin | None = None) -> Discovery:
    overrides = [load.read_inline(settings, cwd)]
    return discover(paths or (".",), Resolver(RuleIndex([], {}), overrides=overrides, cwd=cwd), stdin)


def names(found: Discovery) -> list[str]:
    return [target.path for target in found.targets]


def test_python_files_and_notebooks_of_folders_in_order(tmp_path):
    tree(tmp_path, "b.py", "a.py", "c/a.py", "c/n.ipynb", "c.py", "d.pyi", "e.txt", "f", ".hidden.py", "c/.x/y.py")
    assert names(find(tmp_path)) == [".hidden.py", "a.py", "b.py", "c.py", "c/.x/y.py", "c/a.py", "c/n.ipynb"]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("sub", "sub/a.py"),
        ("./sub/", "sub/a.py"),
        ("sub/a.py", "sub/a.py"),
        ("./sub/a.py", "sub/a.py"),
        ("sub/../sub", "sub/../sub/a.py"),
    ],
)
def test_files_are_named_as_the_user_named_them(tmp_path, path, shown):
    tree(tmp_path, "sub/a.py")
    assert names(find(tmp_path, path)) == [shown]
    assert names(find(tmp_path / "sub", f"../{path}")) == [f"../{shown}"]
    assert names(find(tmp_path, str(tmp_path / "sub"))) == [(tmp_path / "sub" / "a.py").as_posix()]


def test_each_file_once_under_its_first_name(tmp_path):
    tree(tmp_path, "a.py", "sub/b.py")
    assert names(find(tmp_path, "a.py", "sub", ".", "./a.py", str(tmp_path))) == ["a.py", "sub/b.py"]


def test_named_files_need_no_suffix(tmp_path):
    tree(tmp_path, "script", "stub.pyi")
    assert names(find(tmp_path, "script", "stub.pyi")) == ["script", "stub.pyi"]


def test_what_is_not_there_is_a_failure_and_the_rest_is_found(tmp_path):
    tree(tmp_path, "a.py")
    found = find(tmp_path, "nope.py", "a.py", "a.py/b", "gone")
    assert names(found) == ["a.py"]
    assert [(failure.path, failure.kind) for failure in found.failures] == [
        ("a.py/b", FailureKind.MISSING),
        ("gone", FailureKind.MISSING),
        ("nope.py", FailureKind.MISSING),
    ]


def test_folder_that_cannot_be_listed(tmp_path, monkeypatch):
    def scandir(folder):
        if folder == tmp_path / "locked":
            raise PermissionError(errno.EACCES, "Permission denied")
        return real_scandir(folder)

    real_scandir = os.scandir
    monkeypatch.setattr(os, "scandir", scandir)
    found = find(tree(tmp_path, "a.py", "locked/b.py"))
    assert names(found) == ["a.py"]
    assert [(failure.path, failure.kind) for failure in found.failures] == [("locked", FailureKind.UNREADABLE)]
    assert "Permission denied" in found.failures[0].message


def test_links(tmp_path):
    tree(tmp_path, "a.py", "sub/b.py")
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    (tmp_path / "link.py").symlink_to("a.py")
    (tmp_path / ".#lock.py").symlink_to("user@host:1")
    (tmp_path / "self.py").symlink_to("self.py")
    (tmp_path / "folder.py").symlink_to("sub")
    assert names(find(tmp_path)) == ["a.py", "link.py", "sub/b.py"]
    assert names(find(tmp_path, "sub/loop")) == ["sub/loop/a.py", "sub/loop/link.py", "sub/loop/sub/b.py"]
    assert [failure.kind for failure in find(tmp_path, "self.py", ".#lock.py").failures] == [
        FailureKind.MISSING,
        FailureKind.UNREADABLE,
    ]


def test_folder_with_the_suffix_of_a_file(tmp_path):
    assert names(find(tree(tmp_path, "pkg.py/a.py"))) == ["pkg.py/a.py"]


@pytest.mark.parametrize("mark", ["pyvenv.cfg", "conda-meta/history"])
def test_virtual_environments_are_left_out_by_any_name(tmp_path, mark):
    tree(tmp_path, "a.py", "weird name/lib/b.py", f"weird name/{mark}")
    assert names(find(tmp_path)) == ["a.py"]
    assert names(find(tmp_path, settings="exclude = []\nrespect-gitignore = false")) == ["a.py"]
    assert names(find(tmp_path, "weird name")) == ["weird name/lib/b.py"]


EXCLUDED = (
    "a.py",
    "build/x.py",
    "src/build/y.py",
    ".venv/z.py",
    "gen/p_pb2.py",
    "gen/q.py",
    "docs/conf.py",
    "src/docs/d.py",
)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", {"a.py", "gen/p_pb2.py", "gen/q.py", "docs/conf.py", "src/docs/d.py"}),
        ("exclude = []", set(EXCLUDED)),
        ('exclude = ["/docs"]', set(EXCLUDED) - {"docs/conf.py"}),
        ('extend-exclude = ["docs", "*_pb2.py"]', {"a.py", "gen/q.py"}),
        ('extend-exclude = ["gen/*", "!gen/q.py"]', {"a.py", "gen/q.py", "docs/conf.py", "src/docs/d.py"}),
    ],
)
def test_excludes(tmp_path, settings, expected):
    assert set(names(find(tree(tmp_path, *EXCLUDED), settings=settings))) == expected


def test_excludes_of_the_nearest_settings_file(tmp_path):
    settings = {"devlint.toml": 'exclude = ["x.py"]', "b/devlint.toml": 'exclude = ["y.py"]'}
    tree(tmp_path, "x.py", "y.py", "b/x.py", "b/y.py", **settings)
    assert names(find(tmp_path)) == ["b/x.py", "y.py"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("build", ["build/a.py", "build/sub/a.py"]),
        ("build/sub", ["build/sub/a.py"]),
        ("build/a.py", ["build/a.py"]),
        ("ignored/a.py", ["ignored/a.py"]),
        ("ignored", ["ignored/a.py"]),
    ],
)
def test_what_is_named_is_checked_unless_force_exclude(tmp_path, path, expected):
    tree(tmp_path, "build/a.py", "build/sub/a.py", "build/.venv/a.py", "ignored/a.py", ".git/HEAD", "b.py")
    (tmp_path / ".gitignore").write_text("ignored\n")
    assert names(find(tmp_path, path)) == expected
    assert names(find(tmp_path, path, "b.py", settings="force-exclude = true")) == ["b.py"]


def test_force_exclude_leaves_gitignored_paths_if_git_is_not_to_be_respected(tmp_path):
    tree(tmp_path, "ignored/a.py", ".git/HEAD", **{".gitignore": "ignored"})
    settings = "force-exclude = true\nrespect-gitignore = false"
    assert names(find(tmp_path, "ignored/a.py", "ignored", settings=settings)) == ["ignored/a.py"]


def test_stdin(tmp_path):
    tree(tmp_path, "a.py", "build/b.py")
    found = find(tmp_path, "-", "a.py", stdin=Stdin(b"x = 1", "./sub/new.py"))
    assert [(target.path, target.data) for target in found.targets] == [("a.py", None), ("sub/new.py", b"x = 1")]
    assert names(find(tmp_path, "-", stdin=Stdin(b""))) == ["-"]
    assert names(find(tmp_path, "-", stdin=Stdin(b"", "build/b.py"))) == ["build/b.py"]
    assert not names(find(tmp_path, "-", stdin=Stdin(b"", "build/b.py"), settings="force-exclude = true"))


GIT_TREES = {
    "names, folders and roots": {".gitignore": "skip.py\n/top.py\nfolder/\n"},
    "last pattern wins": {".gitignore": "*.py\n!keep.py\n"},
    "only some": {".gitignore": "/*\n!/sub\n!.gitignore\n"},
    "nested": {".gitignore": "keep.py\n", "sub/.gitignore": "!keep.py\nskip.py\n"},
    "an excluded folder stays excluded": {".gitignore": "sub/\n!sub/keep.py\n", "sub/.gitignore": "!keep.py\n"},
    "info/exclude is weaker": {".git/info/exclude": "keep.py\nskip.py\n", ".gitignore": "!keep.py\n"},
    "stars": {".gitignore": "**/deep/*.py\nsub/**/top.py\n"},
    "lines that are no patterns": {".gitignore": "\n# keep.py\n!\n\\\n   \nskip.py   \n\\!odd.py\n"},
    "everything": {".gitignore": "*\n"},
}


IGNORING_SUB = ("everything", "an excluded folder stays excluded")


@pytest.mark.parametrize(
    ("case", "start"),
    [
        (case, start)
        for case in GIT_TREES
        for start in (".", "sub", "sub/deep")
        if start == "." or case not in IGNORING_SUB  # devlint looks into an ignored folder that is named; git does not
    ],
)
def test_git_is_of_the_same_mind(tmp_path, case, start):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".git" / "info").mkdir(exist_ok=True)
    folders = ("", "sub/", "sub/deep/", "folder/", "sub/folder/")
    files = [f"{folder}{name}" for folder in folders for name in ("keep.py", "skip.py", "top.py", "!odd.py")]
    tree(tmp_path, *files, **GIT_TREES[case])
    listing = ["git", "-C", tmp_path / start, "ls-files", "-z", "--others", "--exclude-standard", "--", "*.py"]
    git = subprocess.run(listing, check=True, capture_output=True, text=True, env=_without_global_git_settings())
    expected = sorted(name for name in git.stdout.split("\0") if name)
    assert names(find(tmp_path / start)) == expected
    everything = sorted(name.relative_to(tmp_path / start).as_posix() for name in (tmp_path / start).rglob("*.py"))
    assert names(find(tmp_path / start, settings="respect-gitignore = false")) == everything


def _without_global_git_settings() -> dict[str, str]:
    return {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


def test_a_repository_inside_starts_afresh(tmp_path):
    tree(tmp_path, ".git/HEAD", "inner/.git/HEAD", "inner/a.py", "a.py", **{".gitignore": "a.py"})
    assert names(find(tmp_path)) == ["inner/a.py"]


def test_gitignore_without_a_repository_holds_from_the_named_folder_down(tmp_path):
    tree(tmp_path, "a.py", "sub/a.py", "sub/b.py", **{".gitignore": "a.py"})
    assert names(find(tmp_path)) == ["sub/b.py"]
    assert names(find(tmp_path, "sub")) == ["sub/a.py", "sub/b.py"]
