"""The Python file that a job runs, read with `ast` and never executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devlint.doctor.checks.base import CannotTell, Case
from devlint.doctor.plan import Setting
from devlint.findings import Location, Span


@dataclass(frozen=True, slots=True)
class Script:
    """A parsed file; `path` is as the config names it, or below the config's folder."""

    path: str
    tree: ast.Module

    def place(self, node: ast.expr | ast.stmt) -> Setting[str]:
        """The code of a node as something that a problem can point at."""
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        span = Span(node.lineno, node.col_offset + 1, end_line, end_column + 1)
        return Setting(ast.unparse(node), ast.unparse(node).partition("\n")[0], Location(self.path, span))

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """Calls of functions with these dotted names, or of the last part alone where it was imported by itself."""
        short = {name.rpartition(".")[2] for name in names if name.rpartition(".")[2] in self._imported()}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and dotted(node.func) in {*names, *short}:
                yield node

    def _imported(self) -> set[str]:
        imports = (node for node in ast.walk(self.tree) if isinstance(node, ast.ImportFrom))
        return {alias.asname or alias.name for node in imports for alias in node.names}


def script_of(case: Case) -> Script:
    """The job's script; DoesNotApply if no config names one, CannotTell if it is not there or cannot be parsed."""
    setting = case.asked("script", "a script")
    written = Path(setting.value)
    for path in (written, Path(setting.location.path).parent / written):
        if path.is_file():
            try:
                return Script(path.as_posix(), ast.parse(path.read_bytes(), path.as_posix()))
            except (OSError, SyntaxError, ValueError) as error:
                raise CannotTell(f"{path.as_posix()} cannot be read: {error}") from None
    raise CannotTell(f"`{setting.value}`, the job's script, is not here to be read")


def dotted(node: ast.expr) -> str:
    """`torch.cuda.is_available` for a name or a chain of attributes, "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        holder = dotted(node.value)
        return f"{holder}.{node.attr}" if holder else ""
    return ""
