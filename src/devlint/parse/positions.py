"""Nodes -> places, worked out only for files in which there is something to report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from devlint.findings import Span

if TYPE_CHECKING:
    from collections.abc import Iterable


def spans_of(tree: cst.Module, nodes: Iterable[cst.CSTNode]) -> dict[cst.CSTNode, Span]:
    """The span of each node of a tree; a definition stands for its first line up to the name."""
    positions = MetadataWrapper(tree, unsafe_skip_copy=True).resolve(PositionProvider)
    spans = {}
    for node in nodes:
        place = positions.get(node)
        if place is not None:
            spans[node] = Span(place.start.line, place.start.column + 1, place.end.line, place.end.column + 1)
    return spans
