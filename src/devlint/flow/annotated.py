"""What a parameter may be by its annotation, through containers, records and classes of this file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from devlint.flow.values import NUMBER, TEXT, UNKNOWN, Api, Class, Instance, Mapping, Module, Sequence, Tensor, Value
from devlint.model.annotations import MAPPINGS, SEQUENCES, WRAPPERS, Hint, classify
from devlint.model.classes import ClassModel, Record
from devlint.model.names import dotted
from devlint.model.torchapi import NN_MODULES, canonical

if TYPE_CHECKING:
    from devlint.flow.analysis import Analysis
    from devlint.flow.lattice import Device

_DEPTH = 4


def value_of_annotation(
    annotation: cst.Annotation | cst.BaseExpression, device: Device, analysis: Analysis, depth: int = 0
) -> Value:
    """What an annotation promises; the tensors in it are on `device`. Unknown where it says nothing of tensors."""
    node = annotation.annotation if isinstance(annotation, cst.Annotation) else annotation
    if isinstance(node, cst.SimpleString):
        node = _parsed(node)
    if depth > _DEPTH:
        return UNKNOWN
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
        return _either([node.left, node.right], device, analysis, depth)
    if isinstance(node, cst.Subscript):
        return _of_generic(node, device, analysis, depth)
    hint = classify(node)
    if hint is Hint.TENSOR:
        return Tensor((device,))
    if hint is Hint.NUMBER:
        return NUMBER
    if hint is Hint.TEXT:
        return TEXT
    if hint is Hint.MODULE:
        return Module((device,))
    return _of_class(dotted(node) or "", device, analysis, depth)


def _of_class(name: str, device: Device, analysis: Analysis, depth: int) -> Value:
    known = analysis.global_value(name)
    if isinstance(known, Class):
        return object_of(known.model, device, analysis, depth)
    head, dot, rest = name.partition(".")
    base = analysis.global_value(head) if dot else known
    full = canonical(base.name + dot + rest) if isinstance(base, Api) else ""
    return Module((device,), full) if full in NN_MODULES else UNKNOWN


def object_of(cls: ClassModel, device: Device, analysis: Analysis, depth: int = 0) -> Value:
    """An object of a class of this file that was passed in."""
    if cls.is_module:
        return Module((device,), cls)
    if cls.record is Record.TUPLE:
        items = tuple(value_of_annotation(each.annotation, device, analysis, depth + 1) for each in cls.fields())
        return Sequence("tuple", items, promised=True, names=tuple(each.name for each in cls.fields()))
    return Instance(cls, devices=(device,))


def _parsed(node: cst.SimpleString) -> cst.BaseExpression:
    try:
        return cst.parse_expression(str(node.evaluated_value))
    except cst.ParserSyntaxError:
        return node


def _either(nodes: list[cst.BaseExpression], device: Device, analysis: Analysis, depth: int) -> Value:
    """One kind beside None is that kind; a choice between several is unknown."""
    given = [node for node in nodes if not (isinstance(node, cst.Name) and node.value == "None")]
    return value_of_annotation(given[0], device, analysis, depth + 1) if len(given) == 1 else UNKNOWN


def _of_generic(node: cst.Subscript, device: Device, analysis: Analysis, depth: int) -> Value:
    last = (dotted(node.value) or "").rpartition(".")[2]
    arguments = [element.slice.value for element in node.slice if isinstance(element.slice, cst.Index)]
    if not arguments:
        return UNKNOWN
    if last == "Union":
        return _either(arguments, device, analysis, depth)
    if last in WRAPPERS:
        return value_of_annotation(arguments[0], device, analysis, depth + 1)
    if classify(node) is Hint.TENSOR:
        return Tensor((device,))
    if last in MAPPINGS and len(arguments) == 2:
        element = value_of_annotation(arguments[1], device, analysis, depth + 1)
        return Mapping((), element, closed=False, promised=True) if element is not UNKNOWN else UNKNOWN
    if last not in SEQUENCES:
        return UNKNOWN
    items = [value_of_annotation(each, device, analysis, depth + 1) for each in arguments]
    if last.lower() == "tuple" and not isinstance(arguments[-1], cst.Ellipsis):
        known = any(item is not UNKNOWN for item in items)
        return Sequence("tuple", tuple(items), promised=True) if known else UNKNOWN
    if items[0] is UNKNOWN:
        return UNKNOWN
    return Sequence("list" if last.lower() == "list" else "sequence", None, items[0], promised=True)
