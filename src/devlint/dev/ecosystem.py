"""`ecosystem BASE`: which findings in published packages a change of devlint adds or drops."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from devlint.dev.changes import Changes, Found, Run, as_markdown, as_text, compare
from devlint.dev.wheels import Package, WheelError, unpack

PACKAGES = Path(__file__).with_suffix(".toml")
_FORMATS: dict[str, Callable[[Sequence[Changes], str], str]] = {"text": as_text, "markdown": as_markdown}


class EcosystemError(Exception):
    """It could not be done; the message is one complete line, and the exit code is 2."""


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("base", metavar="BASE", help="the git revision to compare the working tree with")
    parser.add_argument("--only", action="append", metavar="NAME", help="a package of the list; may be repeated [all]")
    parser.add_argument("--packages", type=Path, default=PACKAGES, metavar="FILE", help="another list of packages")
    parser.add_argument(
        "--cache", type=Path, metavar="FOLDER", help="where wheels are kept and unpacked [~/.cache/...]"
    )
    parser.add_argument("--select", action="append", metavar="RULES", help="codes, prefixes, families or names")
    parser.add_argument("--pedantic", action="store_true", help="run pedantic rules, too")
    parser.add_argument("--format", choices=_FORMATS, default="text", help="how to write the changes [text]")
    parser.add_argument("--output-file", type=Path, metavar="FILE", help="where to write them [standard output]")
    parser.add_argument("--markdown-file", type=Path, metavar="FILE", help="write them as Markdown, too")
    parser.add_argument("--jobs", metavar="N", help="how many processes devlint uses [as many as pay]")
    parser.add_argument("--root", type=Path, default=Path(), help="the root of the repository [.]")


def run(options: Namespace) -> int:
    """Compare, write the changes, and return the exit code: 1 if there are any."""
    try:
        root = options.root.resolve()
        packages = _packages(options)
        with _checked_out(root, options.base) as (commit, base):
            changes = list(_changes(packages, base, root, options))
        label = options.base if commit.startswith(options.base) else f"{options.base} ({commit[:9]})"
        _write(_FORMATS[options.format](changes, label), options.output_file)
        if options.markdown_file:
            _write(as_markdown(changes, label), options.markdown_file)
    except (EcosystemError, WheelError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 1 if any(each.any for each in changes) else 0


def _changes(packages: Sequence[Package], base: Path, head: Path, options: Namespace) -> Iterator[Changes]:
    trees = [_Tree(tree, options) for tree in (base, head)]
    known = {word for tree in trees for word in tree.selected or ()}
    for word in _words(options.select):
        if word not in known:
            raise EcosystemError(f"--select: `{word}` is no rule, family or code, neither before nor now")
    for package in packages:
        print(f"{package.name} {package.version} ...", file=sys.stderr)
        before, after = (tree.check(package) for tree in trees)
        yield compare(f"{package.name} {package.version}", before, after)


def _packages(options: Namespace) -> list[Package]:
    try:
        listed = tomllib.loads(options.packages.read_text(encoding="utf-8"))["packages"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise EcosystemError(f"{options.packages}: it must say `packages = [...]` in TOML: {error}") from error
    names = [each.partition("==")[0] for each in listed]
    for name in options.only or ():
        if name not in names:
            raise EcosystemError(f"--only: {name} is none of {', '.join(names)}")
    cache = options.cache or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "devlint", "ecosystem")
    cache.mkdir(parents=True, exist_ok=True)
    return [unpack(each, cache.resolve()) for each, name in zip(listed, names, strict=True) if _wanted(name, options)]


def _wanted(name: str, options: Namespace) -> bool:
    return not options.only or name in options.only


@contextlib.contextmanager
def _checked_out(root: Path, revision: str) -> Iterator[tuple[str, Path]]:
    """A revision's commit, and a temporary worktree of it."""
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
    with tempfile.TemporaryDirectory(prefix="devlint-base-") as folder:
        tree = Path(folder, "base")
        _git(root, "worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            yield commit, tree
        finally:
            _git(root, "worktree", "remove", "--force", str(tree))


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise EcosystemError("git is needed, and was not found") from error
    if done.returncode:
        said = done.stderr.strip().replace("\n", " ") or f"`{arguments[-1].removesuffix('^{commit}')}` is no revision"
        raise EcosystemError(f"git {arguments[0]}: {said}")
    return done.stdout


class _Tree:
    """A source tree of devlint, which this interpreter runs over packages."""

    def __init__(self, root: Path, options: Namespace) -> None:
        self._environment = {**os.environ, "PYTHONPATH": str(root / "src"), "NO_COLOR": "1"}
        package = root / "src" / "devlint"
        told = self._python("-c", "import devlint; print(devlint.__file__)", cwd=root).stdout.strip()
        if not told or Path(told).resolve() != (package / "__init__.py").resolve():
            raise EcosystemError(f"{root}: this is no source tree of devlint, or it cannot be imported")
        self.selected = self._known(_words(options.select), root) if options.select else None
        self._flags = ["--pedantic"] if options.pedantic else []
        self._flags += ["--jobs", options.jobs] if options.jobs else []
        self._flags += ["--select", ",".join(self.selected)] if self.selected else []

    def _python(self, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", *arguments],
            cwd=cwd,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )

    def _known(self, words: Sequence[str], cwd: Path) -> list[str]:
        """Those words that select rules of this tree: another may not have them yet, or any more."""
        rules = json.loads(self._python("-m", "devlint", "rule", "--output-format", "json", cwd=cwd).stdout)
        whole = {"ALL", *(rule[key] for rule in rules for key in ("name", "family"))}
        return [word for word in words if word in whole or any(rule["code"].startswith(word) for rule in rules)]

    def check(self, package: Package) -> Run:
        """What this tree says of a package."""
        if self.selected == []:
            return Run()
        command = ["-m", "devlint", "check", "--isolated", "--no-respect-gitignore", "--output-format", "json"]
        done = self._python(*command, *self._flags, ".", cwd=package.folder)
        try:
            records = json.loads(done.stdout)
        except ValueError:
            said = done.stderr.strip().rpartition("\n")[2] or f"exit code {done.returncode}"
            raise EcosystemError(f"devlint could not check {package.name} {package.version}: {said}") from None
        failures = tuple(done.stderr.splitlines()) if done.returncode == 2 else ()
        return Run(tuple(_found(record, package.folder) for record in records), failures)


def _words(select: Sequence[str] | None) -> list[str]:
    return [word.strip() for each in select or () for word in each.split(",") if word.strip()]


def _found(record: dict[str, Any], folder: Path) -> Found:
    path, line = Path(record["path"]), record["line"]
    lines = (folder / path).read_bytes().splitlines()
    source = lines[line - 1].decode("utf-8", "replace").strip() if 0 < line <= len(lines) else ""
    return Found(path.as_posix(), line, record["column"], record["code"], record["name"], record["message"], source)


def _write(text: str, path: Path | None) -> None:
    if path is None:
        sys.stdout.write(text)
    else:
        path.write_text(text, encoding="utf-8")
