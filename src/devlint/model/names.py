"""Names and what they stand for: dotted expressions and the bindings that imports make."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import libcst as cst

if TYPE_CHECKING:
    from collections.abc import Iterator


def dotted(node: cst.CSTNode | None) -> str | None:
    """`a.b.c` for a chain of names, else None."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return None
    parts.append(node.value)
    return ".".join(reversed(parts))


def import_bindings(node: cst.Import | cst.ImportFrom) -> Iterator[tuple[str, str]]:
    """(local name, qualified name) for each name that an import statement binds; a star import binds none.

    Relative imports keep their dots (`..ops.nms`), since the package of a single file is not known.
    """
    if isinstance(node, cst.Import):
        for alias in node.names:
            name = dotted(alias.name) or ""
            if alias.asname is not None:
                yield _bound(alias.asname), name
            else:
                yield name.partition(".")[0], name.partition(".")[0]
        return
    if isinstance(node.names, cst.ImportStar):
        return
    base = "." * len(node.relative) + (dotted(node.module) or "")
    joint = "" if base.endswith(".") or not base else "."
    for alias in node.names:
        name = alias.name.value if isinstance(alias.name, cst.Name) else dotted(alias.name) or ""
        local = _bound(alias.asname) if alias.asname is not None else name
        yield local, f"{base}{joint}{name}"


def _bound(alias: cst.AsName) -> str:
    return cast("cst.Name", alias.name).value  # an import binds nothing else


def target_names(node: cst.BaseExpression) -> Iterator[str]:
    """The plain names that an assignment target binds."""
    if isinstance(node, cst.Name):
        yield node.value
    elif isinstance(node, (cst.Tuple, cst.List)):
        for element in node.elements:
            yield from target_names(element.value)
    elif isinstance(node, cst.StarredElement):
        yield from target_names(node.value)
