"""The quick way to positions gives what LibCST's metadata gives."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from devlint.findings import Span
from devlint.parse import Places, parse

FIXTURES = sorted((Path(__file__).parents[1] / "fixtures").rglob("*.py"))


@pytest.mark.parametrize("path", FIXTURES[::4], ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_same_as_metadata(path: Path) -> None:
    tree = parse(path.read_text(encoding="utf-8"))
    wrapper = MetadataWrapper(tree, unsafe_skip_copy=True)
    expected = {
        node: Span(place.start.line, place.start.column + 1, place.end.line, place.end.column + 1)
        for node, place in wrapper.resolve(PositionProvider).items()
        if isinstance(node, (cst.BaseExpression, cst.BaseStatement, cst.BaseSmallStatement, cst.Param))
    }
    places = Places(tree)
    assert {node: places[node] for node in expected} == expected
    assert expected or not tree.body
