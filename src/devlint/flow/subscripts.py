"""Indexing: what `value[index]` is, and which devices may meet in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import libcst as cst

from devlint.flow.events import Clash, Operand
from devlint.flow.evidence import is_batch, needs_of, root_path, via_of
from devlint.flow.lattice import AT_LEAST_ONE, without_ranks
from devlint.flow.values import UNKNOWN, Api, Mapping, Module, Number, Sequence, Shape, Tensor, Text, Thing, Value, join
from devlint.model.names import dotted

if TYPE_CHECKING:
    from devlint.flow.frame import Frame

Index = tuple[Value, cst.BaseExpression | None]
"""An evaluated index; a slice has no expression."""

_SLICE = Shape()


def evaluate_subscript(node: cst.Subscript, frame: Frame) -> Value:
    """`value[index]`, read."""
    path = path_of(node, frame)
    if path is not None and path in frame.state.env:
        return frame.state.env[path]
    value = frame.evaluate(node.value)
    indices = _indices(node, frame)
    if isinstance(value, Tensor):
        _check_read(node, value, indices, frame)
        return _of_tensor(node, value, indices, frame)
    if isinstance(value, Sequence):
        return _of_sequence(value, indices)
    if isinstance(value, Mapping):
        index = indices[0][0] if indices else UNKNOWN
        if isinstance(index, Text) and index.constant is not None:
            return value.get(index.constant)
        return value.join_of_items()
    if isinstance(value, Module):
        return Module(value.devices)
    if isinstance(value, Shape):
        return value if indices and indices[0][0] is _SLICE else Number(owner=value.owner)
    if isinstance(value, (Api, Thing)):
        return value
    return UNKNOWN


def path_of(node: cst.Subscript, frame: Frame) -> str | None:
    """`batch['x']` as a path, so that an element that was moved stays moved."""
    if len(node.slice) != 1 or not isinstance(node.slice[0].slice, cst.Index):
        return None
    index = node.slice[0].slice.value
    base = dotted(node.value)
    if base is None:
        return None
    if isinstance(index, cst.SimpleString):
        return f"{base}.[{index.evaluated_value!r}]"
    if isinstance(index, (cst.Integer, cst.Name)):
        return f"{base}.[{index.value}]"
    return None


def _indices(node: cst.Subscript, frame: Frame) -> list[Index]:
    found: list[Index] = []
    for element in node.slice:
        part = element.slice
        if isinstance(part, cst.Index):
            found.append((frame.evaluate(part.value), part.value))
        else:
            part = cast("cst.Slice", part)
            for bound in (part.lower, part.upper, part.step):
                if bound is not None:
                    frame.evaluate(bound)
            found.append((_SLICE, None))
    return found


def _of_sequence(value: Sequence, indices: list[Index]) -> Value:
    index = indices[0][0] if indices else UNKNOWN
    if index is _SLICE:
        return Sequence(value.kind, None, value.join_of_items(), sites=value.sites)
    if value.items is not None and isinstance(index, Number) and index.constant is not None:
        position = int(index.constant)
        if -len(value.items) <= position < len(value.items):
            return value.items[position]
    return value.join_of_items()


def _of_tensor(node: cst.Subscript, value: Tensor, indices: list[Index], frame: Frame) -> Value:
    if not value.sure:
        if len(indices) > 1:
            frame.prove(dotted(node.value))
        if is_batch(value) and len(indices) == 1 and isinstance(indices[0][0], (Number, Text)):
            return value
        return Tensor(value.devices, None, sure=False, via=via_of(value, node.value))
    rank = _rank_after(value.rank, indices)
    return replace(value, devices=without_ranks(value.devices), rank=rank, parameter=False)


def _rank_after(rank: int | None, indices: list[Index]) -> int | None:
    """Integers take a dimension away, None adds one; the rest keep it."""
    if any(isinstance(index, Sequence) or (isinstance(index, Tensor) and index.sure) for index, _ in indices):
        return AT_LEAST_ONE
    if any(isinstance(index, Tensor) for index, _ in indices):
        return None
    added = sum(1 for _, node in indices if isinstance(node, cst.Name) and node.value == "None")
    if added:
        return AT_LEAST_ONE
    unclear = any(index is not _SLICE and not isinstance(node, (cst.Integer, cst.Ellipsis)) for index, node in indices)
    taken = sum(1 for index, node in indices if isinstance(node, (cst.Integer, cst.UnaryOperation)))
    if rank is None or rank < 0:
        return AT_LEAST_ONE if any(index is _SLICE for index, _ in indices) and not taken else None
    if unclear:
        taken = len([index for index, node in indices if index is not _SLICE and not isinstance(node, cst.Ellipsis)])
    return max(0, rank - taken)


def _check_read(node: cst.Subscript, value: Tensor, indices: list[Index], frame: Frame) -> None:
    """A CPU tensor cannot be indexed by an accelerator's tensor; the reverse is legal, as is one 0-dim integer."""
    known = (device for device in value.devices if value.sure or device.certain)
    cpu = next((d for d in known if d.is_cpu_memory and not (d.origin and d.origin.guarded)), None)
    if cpu is None:
        return
    for index, index_node in indices:
        if not isinstance(index, Tensor) or index_node is None or not _selects_many(index, indices):
            continue
        if index.devices and all(device.is_elsewhere for device in index.devices):
            needs = needs_of([(index, index_node)], frame)
            if needs is not None and (index.sure or root_path(index_node)):
                left = Operand(value, node.value, cpu)
                right = Operand(index, index_node, index.devices[0])
                frame.emit_clash(Clash(node, frame, "indexing", left, right, "index", needs))
                return


def _selects_many(index: Tensor, indices: list[Index]) -> bool:
    """A mask or an index with dimensions; one 0-dimensional integer is read back to the host, which is legal."""
    if index.rank == 0:
        return False
    tensors = sum(1 for other, _ in indices if isinstance(other, Tensor) and other.rank not in (0, None))
    return index.rank is not None or index.mask or tensors > 0


def assign_subscript(target: cst.Subscript, value: Value, source: cst.BaseExpression, frame: Frame) -> None:
    """`target[index] = value`: ints and slices copy across devices; index tensors and masks do not."""
    container = frame.evaluate(target.value)
    indices = _indices(target, frame)
    if isinstance(container, Tensor):
        _check_read(target, container, indices, frame)
        index = indices[0][0] if indices else UNKNOWN
        path = dotted(target.value)
        if (
            path
            and not container.sure
            and not (isinstance(index, Text) and index.constant)
            and isinstance(value, Tensor)
        ):
            # Some item of a batch was replaced: which ones are where is not known any more.
            frame.state.set(path, Tensor(sure=False))
        return
    key, base = path_of(target, frame), dotted(target.value)
    if key is None or base is None:
        return
    index = indices[0][0] if indices else UNKNOWN
    if isinstance(container, Mapping) and isinstance(index, Text) and index.constant is not None:
        items = {**dict(container.items), index.constant: value}
        frame.state.set(base, replace(container, items=tuple(items.items())))
    elif isinstance(container, Sequence) and "." not in base:
        frame.state.set(base, _with_element(container, value))
    else:
        frame.state.set(key, value)


def _with_element(container: Sequence, value: Value) -> Sequence:
    """A list some element of which is now `value`; a list of None that is filled holds the filling."""
    known = container.join_of_items()
    return Sequence(container.kind, None, value if known is UNKNOWN else join(known, value))
