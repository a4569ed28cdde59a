"""Nodes -> places, worked out only for files in which there is something to report."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from libcst.metadata import PositionProvider
from libcst.metadata.position_provider import PositionProvidingCodegenState

from devlint.findings import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst
    from libcst.metadata import CodeRange


class _State(PositionProvidingCodegenState):
    """LibCST's own way to positions, without a regular expression for each token (a third of the time)."""

    def _update_position(self, value: str) -> None:
        if "\n" in value or "\r" in value:
            super()._update_position(value)
        else:
            self.column += len(value)


class Places:
    """The span of each node of a tree.

    This is what `MetadataWrapper(tree).resolve(PositionProvider)` does, without its passes over the whole tree for
    providers that are not asked for; a test holds the two equal.
    """

    def __init__(self, tree: cst.Module) -> None:
        provider = PositionProvider()
        tree._codegen(_State(tree.default_indent, tree.default_newline, provider))
        self._ranges = cast("dict[cst.CSTNode, CodeRange]", provider._computed)

    def __contains__(self, node: cst.CSTNode) -> bool:
        return node in self._ranges

    def __getitem__(self, node: cst.CSTNode) -> Span:
        place = self._ranges[node]
        return Span(place.start.line, place.start.column + 1, place.end.line, place.end.column + 1)

    def of(self, kind: type[cst.CSTNode]) -> Iterator[Span]:
        """The spans of all nodes of a kind."""
        return (self[node] for node in self._ranges if isinstance(node, kind))
