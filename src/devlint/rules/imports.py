"""What several rules need to repair an import: every place where the file uses what it binds."""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass
from typing import TYPE_CHECKING

from devlint.rules.support import walk

if TYPE_CHECKING:
    import libcst as cst

    from devlint.rules.base import Case, Context


def is_tried(context: Context, statement: re.Pattern[str]) -> bool:
    """Whether a line of the file that matches stands directly below `try:`; asked once for each pattern."""
    key = ("tried", statement)
    if key not in context.notes:
        text = context.model.text
        context.notes[key] = any(_is_below_try(text[: match.start()], match[0]) for match in statement.finditer(text))
    return bool(context.notes[key])


def _is_below_try(before: str, line: str) -> bool:
    depth = len(line) - len(line.lstrip())
    outer = (each for each in reversed(before.split("\n")) if each.strip() and len(each) - len(each.lstrip()) < depth)
    return next(outer, "").strip().startswith("try:")


@dataclass(frozen=True, slots=True)
class Use:
    """One use of an imported name: the dotted expression that begins with it, and the call of that, if it is called."""

    node: cst.BaseExpression
    call: cst.Call | None


@dataclass(frozen=True, slots=True)
class Imported:
    """A `from ... import` statement, what it binds, and all uses of that in the file."""

    statement: cst.ImportFrom
    names: dict[str, str]
    """Local name -> qualified name."""
    uses: tuple[Use, ...]


def imported_by(case: Case, local: str) -> Imported | None:
    """The one statement `from ... import` that binds a name, outside branches and trials; None if it is not plain.

    Plain: without `as`, nothing else in the file binds its names, every use is seen, and no comment wants one kept.
    """
    import libcst as cst

    from devlint.model.names import import_bindings

    nodes = list(walk(case.edit.tree))
    binding = [
        node
        for node in nodes
        if isinstance(node, (cst.Import, cst.ImportFrom)) and local in dict(import_bindings(node))
    ]
    if len(binding) != 1 or not isinstance(binding[0], cst.ImportFrom):
        return None
    names = dict(import_bindings(binding[0]))
    if any(name.rpartition(".")[2] != own for own, name in names.items()):
        return None
    if any(isinstance(outer, (cst.If, cst.Try, cst.ExceptHandler)) for outer in case.edit.ancestors(binding[0])):
        return None
    uses = _uses(case, nodes, binding[0], frozenset(names))
    return None if uses is None else Imported(binding[0], names, uses)


def _uses(
    case: Case, nodes: list[cst.CSTNode], statement: cst.ImportFrom, names: frozenset[str]
) -> tuple[Use, ...] | None:
    import libcst as cst

    inside = {id(node) for node in walk(statement)}
    whole = _whole_chains(nodes, names)
    calls = {id(node.func): node for node in nodes if isinstance(node, cst.Call)}
    uses = tuple(Use(node, calls.get(id(node))) for node in whole if id(node) not in inside)
    counted = sum(isinstance(node, cst.Name) and node.value in names for node in nodes)
    if counted != _tokens(case.context.model.text, names):
        return None  # some stand in code that was left out
    lines = case.context.model.text.split("\n")
    kept = re.compile(r"#.*\b(noqa|devlint:)", re.IGNORECASE)
    if any(kept.search(lines[case.edit.places[node].line - 1]) for node in (statement, *(use.node for use in uses))):
        return None
    return uses


def _whole_chains(nodes: list[cst.CSTNode], names: frozenset[str]) -> list[cst.BaseExpression]:
    """The longest dotted expressions that begin with one of the names (`amp.autocast`, not `amp` in it)."""
    import libcst as cst

    from devlint.model.names import dotted

    chains = [
        node
        for node in nodes
        if isinstance(node, (cst.Name, cst.Attribute)) and (dotted(node) or "").partition(".")[0] in names
    ]
    inner = {id(node.value) for node in chains if isinstance(node, cst.Attribute)}
    inner |= {id(node.attr) for node in nodes if isinstance(node, cst.Attribute)}
    return [node for node in chains if id(node) not in inner]


def _tokens(text: str, names: frozenset[str]) -> int:
    """How often the names stand in code."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return -1
    return sum(token.type == tokenize.NAME and token.string in names for token in tokens)
