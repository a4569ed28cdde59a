"""May this file hold a finding at all, and in which of its top-level definitions?

LibCST's parse costs seven times as much as CPython's. What cannot hold a finding is blanked out first, line by line so
that places stay. A definition is kept if one of the rules' triggers stands in it, or if something kept refers to it (its
facts may matter there). That this changes no finding is a test (`tests/test_screen.py`) and a benchmark.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d]\w*")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Trigger:
    """What must stand in code for a rule to report on it: one of `words`, between `before` and `after` (patterns)."""

    words: frozenset[str]
    before: str = ""
    after: str = ""
    instead: str = ""
    """A regular expression to use instead of one made of the words; one of these must still be there."""
    accepts: Callable[[str], bool] | None = None
    """A function of the definition's text, instead of a regular expression."""
    travels: bool = False
    """What it makes may be handed on, so that a finding may come up in code which uses this one."""

    def pattern(self) -> str:
        """The regular expression that finds it."""
        if self.instead:
            return self.instead
        return rf"{self.before}\b(?:{'|'.join(sorted(map(re.escape, self.words)))})\b{self.after}"


class TooDeep(Exception):
    """The code is nested deeper than any parser here can follow."""


def screen(text: str, triggers: tuple[Trigger, ...]) -> str | None:
    """The text with everything blanked that cannot matter; None if nothing is left that could be reported.

    Text that this Python cannot parse (newer or older syntax) is returned whole. Raises TooDeep.
    """
    tree = _parse(text)
    if tree is None:
        return text
    lines = text.split("\n")
    _refuse_deep_trees(tree, lines)
    rest, segments = _split(tree, lines)
    aliases = _aliases([node for node in tree.body if not isinstance(node, _DEFINITIONS)], triggers)
    may_report = _finder(triggers, aliases)
    kept = [index for index, segment in enumerate(segments) if may_report(segment.text)]
    outside = "\n".join("\n".join(lines[node.lineno - 1 : node.end_lineno]) for node in rest)
    if not kept and not may_report(outside):
        return None
    makes = _finder(tuple(trigger for trigger in triggers if trigger.travels), aliases)
    keep = _closure(segments, kept, [index for index in kept if makes(segments[index].text)], rest)
    for index, segment in enumerate(segments):
        if index not in keep:
            lines[segment.start : segment.end] = [""] * (segment.end - segment.start)
    return "\n".join(lines)


def _finder(triggers: tuple[Trigger, ...], aliases: set[str]) -> Callable[[str], bool]:
    """Whether a stretch of code holds a trigger; a look at its words first spares most regular expressions."""
    searches = [(trigger.words, _search(trigger)) for trigger in triggers]

    def may_report(text: str) -> bool:
        words = set(_WORD.findall(text))
        if not aliases.isdisjoint(words):
            return True
        return any(not needed.isdisjoint(words) and found(text) for needed, found in searches)

    return may_report


def _search(trigger: Trigger) -> Callable[[str], object]:
    return trigger.accepts or re.compile(trigger.pattern()).search


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


@dataclass(frozen=True, slots=True)
class _Segment:
    """A top-level definition: its name, its text and the lines it takes (0-based, end exclusive)."""

    name: str
    text: str
    start: int
    end: int
    is_class: bool = False


def _split(tree: ast.Module, lines: list[str]) -> tuple[list[ast.stmt], list[_Segment]]:
    """The module's own statements, and the definitions that stand alone on their lines."""
    rest: list[ast.stmt] = []
    segments: list[_Segment] = []
    last = 0
    for index, node in enumerate(tree.body):
        following = tree.body[index + 1].lineno if index + 1 < len(tree.body) else len(lines) + 1
        name = _name_of(node)
        if name is not None:
            start = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))]) - 1
            end = node.end_lineno or node.lineno
            if start >= last and end < following:
                segments.append(_Segment(name, "\n".join(lines[start:end]), start, end, isinstance(node, ast.ClassDef)))
                last = end
                continue
        rest.append(node)
        last = node.end_lineno or node.lineno
    return rest, segments


_LONG = 8
"""Lines from which on an assignment is worth leaving out."""


def _name_of(node: ast.stmt) -> str | None:
    """The name that a definition or a long assignment (a table of settings) binds."""
    if isinstance(node, _DEFINITIONS):
        return node.name
    if isinstance(node, ast.Assign) and (node.end_lineno or 0) - node.lineno >= _LONG and len(node.targets) == 1:
        target = node.targets[0]
        return target.id if isinstance(target, ast.Name) else None
    return None


def _aliases(rest: list[ast.stmt], triggers: tuple[Trigger, ...]) -> set[str]:
    """Module-level names that may stand for a trigger: `from torch import zeros as z`, `make = torch.zeros`."""
    words = frozenset().union(*(trigger.words for trigger in triggers))
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
    bound |= {alias.asname for each in ast.walk(node) if isinstance(each, ast.ImportFrom) for alias in each.names if alias.asname}
    return bound


def _closure(segments: list[_Segment], kept: list[int], makers: list[int], rest: list[ast.stmt]) -> set[int]:
    """The kept definitions, those that may use what `makers` make, and all that these or the module itself refer to by name."""
    by_name: dict[str, list[int]] = {}
    for index, segment in enumerate(segments):
        by_name.setdefault(segment.name, []).append(index)
    words = [frozenset(_WORD.findall(segment.text)) & by_name.keys() for segment in segments]
    names = {each.id for node in rest for each in ast.walk(node) if isinstance(each, ast.Name)}
    queue = [*kept, *_users(segments, makers, _mentions(words)), *(index for name in names for index in by_name.get(name, ()))]
    keep: set[int] = set()
    while queue:
        index = queue.pop()
        if index not in keep:
            keep.add(index)
            for word in words[index]:
                queue += by_name[word]
    return keep


def _mentions(words: list[frozenset[str]]) -> dict[str, list[int]]:
    """Name -> the definitions in which it stands."""
    found: dict[str, list[int]] = {}
    for index, names in enumerate(words):
        for name in names:
            found.setdefault(name, []).append(index)
    return found


def _users(segments: list[_Segment], makers: list[int], mentions: dict[str, list[int]]) -> set[int]:
    """The makers and, over any number of steps, what refers to one: what a helper makes, or a class keeps, may
    meet something else there.

    A function that refers to a class builds or takes an instance; whoever calls that function is not asked again, since
    what comes out of it is no tensor.
    """
    users: set[int] = set()
    queue = [(index, True) for index in makers]
    done: set[int] = set()
    while queue:
        index, passes_on = queue.pop()
        users.add(index)
        if not passes_on or index in done:
            continue
        done.add(index)
        source = segments[index]
        for other in mentions.get(source.name, ()):
            if other not in done:
                queue.append((other, not source.is_class or segments[other].is_class))
    return users
