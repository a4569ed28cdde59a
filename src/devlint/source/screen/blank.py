"""The spine: text in, text with what cannot matter blanked out, or nothing at all."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from devlint.source.screen.segments import DEFINITIONS, WORD, Segment, bound_by_import, split
from devlint.source.screen.trigger import Trigger
from devlint.source.screen.users import users


class TooDeep(Exception):
    """The code is nested deeper than any parser here can follow."""


@dataclass(frozen=True, slots=True)
class Part:
    """What of a file may matter: the text with the rest blanked.

    `quiet` are the names of definitions that are there for their facts alone: nothing is reported in them, unless
    something else calls them.
    """

    text: str
    quiet: frozenset[str] = frozenset()


Makers = Callable[[str, str, frozenset[str]], set[str]]
"""Local name, qualified name and the words of a text -> those by which it uses what other files make."""


def screen(text: str, triggers: tuple[Trigger, ...], makers: Makers | None = None) -> Part | None:
    """What of the text may matter; None if nothing is left that could be reported.

    `makers` tells which imported names stand for something that makes tensors in other files. Text that this Python
    cannot parse (newer or older syntax) is returned whole. Raises TooDeep.
    """
    tree = _parse(text)
    if tree is None:
        return Part(text)
    triggers = tuple(each for each in triggers if not each.file or re.search(each.file, text))
    lines = text.split("\n")
    _refuse_deep_trees(tree, lines)
    rest, segments = split(tree, lines)
    outside = _outside(rest, lines)
    aliases = _imported_makers(rest, segments, outside, makers) if makers is not None else set()
    aliases |= _aliases([node for node in tree.body if not isinstance(node, DEFINITIONS)], triggers, aliases)
    kept = [index for index, segment in enumerate(segments) if _may_report(segment, triggers, aliases)]
    if not kept and not _may_report(outside, triggers, aliases & _used_outside(rest, lines)):
        return None
    travelling = [trigger for trigger in triggers if trigger.travels]
    loud = {*kept, *users(segments, kept, travelling, aliases)}
    keep = _closure(segments, loud, rest)
    for index, segment in enumerate(segments):
        if index not in keep:
            lines[segment.start : segment.end] = [""] * (segment.end - segment.start)
    names = frozenset(segments[index].name for index in loud)
    return Part("\n".join(lines), frozenset(segments[index].name for index in keep - loud) - names)


def _may_report(segment: Segment, triggers: Iterable[Trigger], aliases: set[str]) -> bool:
    return not aliases.isdisjoint(segment.words) or any(trigger.stands_in(segment) for trigger in triggers)


def _outside(rest: list[ast.stmt], lines: list[str]) -> Segment:
    """The module's own statements as if they were a definition."""
    text = "\n".join("\n".join(lines[node.lineno - 1 : node.end_lineno]) for node in rest)
    return Segment("", ast.Pass(), text, 0, 0)


def _used_outside(rest: list[ast.stmt], lines: list[str]) -> frozenset[str]:
    """The words of the module's own statements but imports."""
    others = (node for node in rest if not isinstance(node, (ast.Import, ast.ImportFrom)))
    return frozenset(
        word for node in others for word in WORD.findall("\n".join(lines[node.lineno - 1 : node.end_lineno]))
    )


def _parse(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        if "too many nested" in str(error) or "too many statically nested" in str(error):
            raise TooDeep from None
        return None
    except ValueError:
        return None
    except (RecursionError, MemoryError):
        raise TooDeep from None


_MANY = 1500
"""Operators in one top-level statement from which on it may be a single, very deep expression."""
_DEEPEST = 900
"""Levels of a syntax tree. LibCST's parser slows down with the square of the depth: 3,000 terms take 20 seconds."""
_OPERATOR = re.compile(r"[-+*/|&.(]|\bif\b")


def _refuse_deep_trees(tree: ast.Module, lines: list[str]) -> None:
    """Only a statement with very many operators can be deep; only then its levels are counted."""
    for node in tree.body:
        text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        if len(text) < 2 * _MANY or len(_OPERATOR.findall(text)) < _MANY:
            continue
        level: list[ast.AST] = [node]
        for _ in range(_DEEPEST):
            level = [child for parent in level for child in ast.iter_child_nodes(parent)]
            if not level:
                break
        else:
            raise TooDeep


_INNER_IMPORT = re.compile(r"\n[ \t]+(?:from|import)\b")


def _imported_makers(rest: list[ast.stmt], segments: list[Segment], outside: Segment, makers: Makers) -> set[str]:
    """Names by which the text uses what other files make."""
    words = outside.words.union(*(segment.words for segment in segments))
    nodes = [*rest, *(segment.node for segment in segments if _INNER_IMPORT.search(segment.text))]
    imports = [each for node in nodes for each in ast.walk(node) if isinstance(each, (ast.Import, ast.ImportFrom))]
    found: set[str] = set()
    for node in imports:
        for local, qualified in bound_by_import(node):
            found |= makers(local, qualified, words)
    return found


def _aliases(rest: list[ast.stmt], triggers: tuple[Trigger, ...], makers: set[str]) -> set[str]:
    """Module-level names that may stand for a trigger: `from torch import zeros as z`, `make = torch.zeros`."""
    words = frozenset(makers).union(*(trigger.words for trigger in triggers))
    aliases: set[str] = set()
    for node in rest:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                if alias.asname is not None and alias.name.rpartition(".")[2] in words:
                    aliases.add(alias.asname)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.If, ast.Try)):
            aliases |= _assigned_aliases(node, words)
    return aliases


def _assigned_aliases(node: ast.stmt, words: frozenset[str]) -> set[str]:
    mentioned = {getattr(each, "attr", None) or getattr(each, "id", None) for each in ast.walk(node)}
    mentioned |= {alias.name for each in ast.walk(node) if isinstance(each, ast.ImportFrom) for alias in each.names}
    if not mentioned & words:
        return set()
    bound = {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    imports = (each for each in ast.walk(node) if isinstance(each, ast.ImportFrom))
    return bound | {alias.asname for each in imports for alias in each.names if alias.asname}


def _closure(segments: list[Segment], kept: set[int], rest: list[ast.stmt]) -> set[int]:
    """The kept definitions, and all that these or the module itself refer to by name: their facts may matter there."""
    by_name: dict[str, list[int]] = {}
    for index, segment in enumerate(segments):
        by_name.setdefault(segment.name, []).append(index)
    names = {each.id for node in rest for each in ast.walk(node) if isinstance(each, ast.Name)}
    queue = [*kept, *(index for name in names for index in by_name.get(name, ()))]
    keep: set[int] = set()
    while queue:
        index = queue.pop()
        if index not in keep:
            keep.add(index)
            for word in segments[index].words & by_name.keys():
                queue += by_name[word]
    return keep
