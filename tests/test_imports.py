"""Who may import whom (docs/architecture.md), and what a run must not import."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import devlint

PACKAGE = Path(devlint.__file__).parent
ANY = frozenset({"findings"})
ANALYSIS = frozenset({"source", "project", "parse", "model", "flow", "rules", "suppress"})

MAY_IMPORT: dict[str, frozenset[str]] = {
    "findings": frozenset(),
    "source": ANY,
    "settings": ANY,
    "parse": ANY | {"source"},
    "project": ANY | {"source"},
    "model": ANY | {"parse", "project"},
    "flow": ANY | {"model", "project"},
    "rules": ANY | {"flow", "model", "parse", "settings.schema", "source.screen"},
    "suppress": ANY | {"source"},
    "fixes": ANY | {"source"},
    "report": ANY | {"source"},
    "lint": ANY | ANALYSIS | {"fixes", "settings"},
    "run": ANY | {"lint", "project", "settings"},
    "doctor": ANY | {"fixes.write", "settings", "report", "source", "run.gitignore"},
    "rehearse": ANY | {"settings", "report", "doctor.catalog"},
    "cli": ANY | {"doctor", "fixes", "lint", "rehearse", "rules", "run", "settings", "report", "suppress"},
    "plugins": ANY | {"doctor", "lint", "rehearse", "rules", "run", "settings", "report"},
    "dev": ANY | {"cli", "doctor", "fixes.write", "rehearse", "rules", "report", "run", "settings"},
    "__main__": frozenset({"cli"}),
    "__init__": ANY | {"lint", "run", "settings"},
}
"""Part of devlint -> the other parts that it may import, or single modules of them."""

MODULES = sorted(PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    """The part of devlint that a file belongs to."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports_of(path: Path) -> Iterator[str]:
    """What a file imports from devlint, without the leading `devlint.`; relative imports are not used."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.removeprefix("devlint.") for name in names if name.startswith("devlint."))


def is_allowed(name: str, allowed: frozenset[str]) -> bool:
    return any(name == each or name.startswith(each + ".") for each in allowed)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_only_what_its_part_may(path: Path) -> None:
    part = part_of(path)
    allowed = MAY_IMPORT[part] | {part, "__version__"}
    assert [name for name in imports_of(path) if not is_allowed(name, allowed)] == []


def test_every_part_is_listed() -> None:
    assert {part_of(path) for path in MODULES} == set(MAY_IMPORT)


def imported_by(code: str) -> set[str]:
    """The top-level modules that are loaded after running code in a fresh interpreter."""
    script = f"import sys\n{code}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stderr.split())


CHECK = """
from devlint.lint import check_source
from devlint.rules import all_metas
from devlint.settings.schema import LintSettings
settings = LintSettings(enabled=frozenset(meta.code for meta in all_metas()))
{call}
"""
BAD = "check_source(b'import torch\\ntorch.zeros(3, device=\"gpu\")\\n', 'x.py', settings)"
FOREIGN = "check_source(b'import json\\n', 'x.py', settings)"


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        (
            "from devlint.cli.main import main; main(['--version'])",
            {"libcst", "torch", "numpy", "argparse", "pathspec"},
        ),
        ("from devlint.cli.main import main; main(['check', '--help'])", {"libcst", "torch", "numpy"}),
        ("import devlint.lint, devlint.run.check", {"libcst", "torch", "numpy"}),
        (CHECK.format(call=BAD), {"torch", "numpy", "rich"}),
        (CHECK.format(call=FOREIGN), {"torch", "numpy"}),
    ],
    ids=["version", "help", "import", "check", "foreign"],
)
def test_heavy_modules_stay_out(code: str, heavy: set[str]) -> None:
    loaded = imported_by(code)
    assert "devlint" in loaded
    assert not loaded & heavy


def test_check_reads_torch_code_with_libcst() -> None:
    assert "libcst" in imported_by(CHECK.format(call=BAD))
