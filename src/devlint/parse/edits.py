"""Nodes -> edits: the one place that knows how to change code without touching what stands around it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from devlint.findings import Edit, Span
from devlint.parse.positions import Places

if TYPE_CHECKING:
    from collections.abc import Iterable

_BINDS_TIGHTLY = (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.List, cst.Dict, cst.SimpleString)
"""Expressions to which `.method()` can be appended as they are; others need parentheses."""


class Editor:
    """Makes edits on one file's text from nodes of its tree, of which the tree may hold only a part.

    A method that returns None refuses: the code is of a form in which the edit would be wrong.
    """

    def __init__(self, tree: cst.Module, text: str) -> None:
        self.tree = tree
        self.places = Places(tree)
        self._text = text

    @cached_property
    def _lines(self) -> list[str]:
        return self._text.split("\n")

    # ------------------------------------------------------------------------------------------------- looking

    def source(self, node: cst.CSTNode) -> str:
        """The text of a node as it stands there, without parentheses around it."""
        return self.between(self.places[node])

    def between(self, span: Span) -> str:
        """The text of a span."""
        lines = self._lines[span.line - 1 : span.end_line]
        lines[-1] = lines[-1][: span.end_column - 1]
        lines[0] = lines[0][span.column - 1 :]
        return "\n".join(lines)

    def source_before(self, node: cst.CSTNode, outer: cst.CSTNode) -> str:
        """The text of what a node stands in, up to it."""
        begin, end = self.places[outer], self.places[node]
        return self.between(Span(begin.line, begin.column, end.line, end.column))

    def ancestors(self, node: cst.CSTNode) -> list[cst.CSTNode]:
        """What a node stands in, nearest first, without the module; empty if it is not in the tree."""
        if node not in self.places:
            return []
        path: list[cst.CSTNode] = []
        level: cst.CSTNode = self.tree
        wanted = self.places[node]
        while level is not node:
            inner = next((child for child in level.children if child is node or self._holds(child, wanted)), None)
            if inner is None:
                return []
            path.insert(0, inner)
            level = inner
        return path[1:]

    def _holds(self, node: cst.CSTNode, inner: Span) -> bool:
        if node not in self.places:
            return False
        span = self.places[node]
        return (span.line, span.column) <= (inner.line, inner.column) and (
            (inner.end_line, inner.end_column) <= (span.end_line, span.end_column)
        )

    def scope_of(self, node: cst.CSTNode) -> cst.FunctionDef | cst.Module | None:
        """The function whose names a node sees, or the module; None in a class's body, a lambda, a comprehension."""
        for outer in self.ancestors(node):
            if isinstance(outer, (cst.Lambda, cst.ClassDef, cst.BaseComp)):
                return None
            if isinstance(outer, cst.FunctionDef):
                return outer
        return self.tree

    def statement_of(self, node: cst.CSTNode) -> cst.SimpleStatementLine | None:
        """The line of simple statements that a node stands in."""
        return next((outer for outer in self.ancestors(node) if isinstance(outer, cst.SimpleStatementLine)), None)

    def is_alone(self, statement: cst.CSTNode) -> bool:
        """Whether nothing but a comment shares the first and last lines of a statement."""
        span = self.places[statement]
        before = self._lines[span.line - 1][: span.column - 1]
        return not before.strip() and self._is_blank_after(span)

    def _is_blank_after(self, span: Span) -> bool:
        after = self._lines[span.end_line - 1][span.end_column - 1 :].strip()
        return not after or after.startswith("#")

    # ------------------------------------------------------------------------------------------------ changing

    def replace(self, node: cst.CSTNode, text: str) -> Edit:
        """Put text where a node stands; parentheses around it stay."""
        return Edit(self.places[node], text)

    def insert_before(self, node: cst.CSTNode, text: str) -> Edit:
        """Put text before a node, inside parentheses around it."""
        span = self.places[node]
        return _insert(span.line, span.column, text)

    def insert_after(self, node: cst.CSTNode, text: str) -> Edit:
        """Put text after a node, inside parentheses around it."""
        span = self.places[node]
        return _insert(span.end_line, span.end_column, text)

    def delete_after(self, left: cst.BaseExpression, right: cst.CSTNode) -> Edit:
        """Take away what stands from the end of one node, or of the parentheses around it, to the end of another."""
        start, end = self._outer(left), self.places[right]
        return Edit(Span(start.end_line, start.end_column, end.end_line, end.end_column), "")

    def replace_around(self, whole: cst.CSTNode, part: cst.BaseExpression, before: str, after: str) -> tuple[Edit, ...]:
        """Keep of a node only one part, its parentheses with it, and put text on both sides of that."""
        span, kept = self.places[whole], self._outer(part)
        return (
            Edit(Span(span.line, span.column, kept.line, kept.column), before),
            Edit(Span(kept.end_line, kept.end_column, span.end_line, span.end_column), after),
        )

    def wrap(self, node: cst.CSTNode, before: str, after: str) -> tuple[Edit, ...]:
        """Put text on both sides of a node."""
        return self.insert_before(node, before), self.insert_after(node, after)

    def append_call(self, node: cst.BaseExpression, text: str) -> tuple[Edit, ...]:
        """Append `.method(...)` to an expression, in parentheses if need be."""
        if node.rpar or isinstance(node, _BINDS_TIGHTLY):
            span = self._outer(node)
            return (_insert(span.end_line, span.end_column, text),)
        return self.wrap(node, "(", f"){text}")

    def _outer(self, node: cst.BaseExpression) -> Span:
        """The span of an expression with the parentheses around it."""
        span = self.places[node]
        begin = self.places[node.lpar[0]] if node.lpar else span
        end = self.places[node.rpar[-1]] if node.rpar else span
        return Span(begin.line, begin.column, end.end_line, end.end_column)

    def insert_argument(self, call: cst.Call, text: str) -> Edit:
        """Put a first positional argument into a call."""
        if call.args:
            return self.insert_before(call.args[0], f"{text}, ")
        end = self.places[call]
        return _insert(end.end_line, end.end_column - 1, text)

    def add_keyword(self, call: cst.Call, name: str, value: str) -> tuple[Edit, ...] | None:
        """Add `name=value` behind the last argument, in the way the arguments are laid out.

        Refused where the call may pass it already (the keyword is there, or `**kwargs` is), and for `f(x for x in y)`.
        """
        keywords = {argument.keyword.value for argument in call.args if argument.keyword is not None}
        if name in keywords or any(argument.star == "**" for argument in call.args):
            return None
        text = f"{name}={value}"
        if not call.args:
            return (self.insert_argument(call, text),)
        last = call.args[-1]
        if isinstance(last.value, cst.GeneratorExp) and not last.value.lpar:
            return None
        return self._behind(call, last, text)

    def _behind(self, call: cst.Call, last: cst.Arg, text: str) -> tuple[Edit, ...]:
        """Text as a further argument: on a line of its own if the last one has one."""
        trailing = isinstance(last.comma, cst.Comma)
        end = self.places[last.comma] if isinstance(last.comma, cst.Comma) else self.places[last]
        before = self.places[call.args[-2] if len(call.args) > 1 else call.func]
        start = self.places[last]
        own_line = start.line > before.end_line and self._is_blank_after(end)
        if not own_line:
            inserted = f" {text}," if trailing else f", {text}"
            return (_insert(end.end_line, end.end_column, inserted),)
        indent = self._lines[start.line - 1][: start.column - 1]
        line = len(self._lines[end.end_line - 1]) + 1
        below = _insert(end.end_line, line, f"\n{indent}{text}" + ("," if trailing else ""))
        if trailing or line == end.end_column:
            return (below,) if trailing else (_insert(end.end_line, line, "," + below.replacement),)
        return (_insert(end.end_line, end.end_column, ","), below)

    def insert_line_before(self, statement: cst.CSTNode, text: str) -> Edit:
        """Put a statement on a line of its own before another, at the same depth."""
        span = self.places[statement]
        indent = self._lines[span.line - 1][: span.column - 1]
        return _insert(span.line, span.column, f"{text}\n{indent}")

    def delete_line(self, statement: cst.CSTNode) -> Edit | None:
        """Take a statement away with its line; None if its block would be left empty, or the line holds more."""
        outer = self.ancestors(statement)
        block = outer[0] if outer else self.tree
        if len(getattr(block, "body", ())) < 2 or not self.is_alone(statement):
            return None
        span = self.places[statement]
        return Edit(Span(span.line, 1, span.end_line + 1, 1), "")

    def put_under(self, statement: cst.CSTNode, header: str) -> Edit:
        """Put a statement under a header such as `if ready:`; brackets that span lines need no new indentation."""
        span = self.places[statement]
        indent = self._lines[span.line - 1][: span.column - 1]
        return _insert(span.line, span.column, f"{header}\n{indent}{self.tree.default_indent}")

    def add_import(self, statement: str) -> Edit | None:
        """Add an import below the first one, or below the docstring; None if it cannot be said where."""
        previous: cst.CSTNode | None = None
        for line in self.tree.body:
            if not isinstance(line, cst.SimpleStatementLine) or not self.is_alone(line):
                break
            first = line.body[0]
            is_future = isinstance(first, cst.ImportFrom) and getattr(first.module, "value", "") == "__future__"
            if isinstance(first, (cst.Import, cst.ImportFrom)) and not is_future:
                return self.insert_line_before(line, statement)
            if not is_future and not (isinstance(first, cst.Expr) and isinstance(first.value, _STRINGS)):
                break
            previous = line
        if previous is not None:
            line_number = self.places[previous].end_line
            return _insert(line_number, len(self._lines[line_number - 1]) + 1, f"\n{statement}")
        return self.insert_line_before(self.tree.body[0], statement) if self.tree.body else None

    def is_in_string(self, edits: Iterable[Edit]) -> bool:
        """Whether one of the edits is inside an f-string, where quotes and braces are not what they are elsewhere."""
        strings = list(self.places.of(cst.FormattedString))
        return any(
            (span.line, span.column) < (edit.span.line, edit.span.column) < (span.end_line, span.end_column)
            for edit in edits
            for span in strings
        )


_STRINGS = (cst.SimpleString, cst.ConcatenatedString)


def _insert(line: int, column: int, text: str) -> Edit:
    return Edit(Span(line, column, line, column), text)
