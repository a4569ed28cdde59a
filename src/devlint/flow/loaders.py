"""Batches: what looping over a data loader gives."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from devlint.flow.arguments import Argument, Arguments
from devlint.flow.evidence import root_path
from devlint.flow.lattice import AT_LEAST_ONE, NOWHERE, Device, How, Origin, Where
from devlint.flow.results import tensors_in
from devlint.flow.values import UNKNOWN, Function, Mapping, Sequence, Tensor, Thing, Value
from devlint.model.names import dotted

if TYPE_CHECKING:
    from devlint.flow.frame import Frame

_LOADER_NAME = re.compile(
    r"(^|_)(data_?loader|loader|dl)(s?)($|_\w+)|[a-z]Loader$|dataloader|(^|_)(train|trn|valid|val|eval|dev|test)loaders?$",
    re.IGNORECASE,
)
_PREPARING = re.compile(
    r"\.prepare(_data_loader)?\(|\bsetup_dataloaders\(|\b(Prefetch|ParallelLoader|MpDeviceLoader)"
    r"|\w*Loader\((?:[^()]|\([^()]*\))*device\s*="
)
"""What makes loaders yield batches on the device."""
_READ = re.compile(r"\w+Loader\(\s*(?:data\s*=\s*)?([a-z_]\w*)\s*[,)]")
_WRAPPERS = frozenset("enumerate tqdm iter progress_bar track trange islice cycle zip".split())


def is_called_loader(node: cst.BaseExpression) -> bool:
    """Whether an expression has a loader's name: `train_loader`, `self.val_dl`, `tqdm(loader)`, `loaders[k]`."""
    if isinstance(node, cst.Subscript):
        return is_called_loader(node.value)
    if isinstance(node, cst.Call):
        name = (dotted(node.func) or "").rpartition(".")[2]
        return name in _WRAPPERS and bool(node.args) and is_called_loader(node.args[0].value)
    path = dotted(node)
    return path is not None and bool(_LOADER_NAME.search(path.rpartition(".")[2]))


def batch_of(node: cst.BaseExpression) -> Tensor:
    """An item of a loader: something of unknown structure whose tensors are in CPU memory."""
    name = cst.Module([]).code_for_node(node)
    origin = Origin(How.LOADER, node, f"`{name}` yields tensors in CPU memory")
    return Tensor((Device(Where.HOST, "cpu", origin),), AT_LEAST_ONE, sure=False)


def looks_loaded(node: cst.BaseExpression, frame: Frame) -> Value | None:
    """Items of something that is called a loader: CPU memory, unless a library may have prepared it."""
    if not is_called_loader(node) or _PREPARING.search(frame.unit.model.text):
        return None
    read = _READ.findall(frame.unit.model.text)
    return None if any(_is_moved(path, frame) for path in set(read)) else batch_of(node)


def item_of(loader: Thing, node: cst.BaseExpression) -> Value:
    """What a loader yields: what its collate function returns, or tensors in CPU memory; unknown if it reads others."""
    if loader.item is not None:
        return loader.item
    return batch_of(node) if loader.device is NOWHERE else UNKNOWN


def make_loader(node: cst.Call, name: str, arguments: Arguments, frame: Frame) -> Value:
    """A loader. What it reads may be on a device already: a data set of tensors there, a graph."""
    loader = Thing("loader", origin=node, item=_collated(node, arguments, frame))
    data = arguments.get("dataset" if "dataset" in arguments.keywords else "data", 0)
    if data is None:
        return loader
    path = root_path(data.node)
    moved = any(map(_is_placed, tensors_in(data.value)))
    if name.startswith("torch_geometric.") and path is not None:
        moved = moved or _is_moved(path, frame)
    return replace(loader, device=Device(Where.VARIABLE, path or "")) if moved else loader


def _is_placed(tensor: Tensor) -> bool:
    """On a device that the code chose; what a caller passes may well be a data set."""
    return all(device.where in (Where.VARIABLE, Where.LITERAL) for device in tensor.devices)


def _is_moved(path: str, frame: Frame) -> bool:
    """Whether an object or one of its parts is moved anywhere in the file (graphs move in place)."""
    moves = rf"(?<![\w.]){re.escape(path)}(\.\w+|\[[^\]]*\])*\.(to|cuda)\("
    return bool(re.search(moves, frame.unit.model.text))


def _collated(node: cst.Call, arguments: Arguments, frame: Frame) -> Value | None:
    """The batch of a collate function of this file which moves some of its tensors."""
    collate = arguments.keywords.get("collate_fn")
    if collate is None or not isinstance(collate.value, Function):
        return None
    batch = batch_of(node.func)
    returned = frame.analysis.call(collate.value, Arguments((Argument(batch, node.func),)), node, frame)
    moves = any(device.is_elsewhere for tensor in tensors_in(returned) for device in tensor.devices)
    return _as_loaded(returned, batch) if moves and isinstance(returned, (Tensor, Sequence, Mapping)) else None


def _as_loaded(value: Value, batch: Tensor) -> Value:
    """What a collate function makes and leaves in CPU memory comes out of the loader."""
    if isinstance(value, Sequence) and value.items is not None:
        return replace(value, items=tuple(_as_loaded(item, batch) for item in value.items))
    if isinstance(value, Mapping):
        return replace(value, items=tuple((key, _as_loaded(item, batch)) for key, item in value.items))
    if isinstance(value, Tensor) and all(device.is_cpu_memory for device in value.devices):
        return replace(value, devices=batch.devices)
    return value


def held_data(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    """`TensorDataset(x, y)` holds its tensors where they are."""
    held = [tensor for argument in arguments.positional for tensor in tensors_in(argument.value)]
    moved = held and all(map(_is_placed, held))
    return Sequence("sequence", None, held[0]) if moved else UNKNOWN


def progress_bar(node: cst.Call, arguments: Arguments, frame: Frame) -> Value:
    """A bar around something that is looped over."""
    if not arguments.positional:
        return UNKNOWN
    shown = arguments.positional[0]
    known = isinstance(shown.value, (Sequence, Thing, Mapping)) or (
        isinstance(shown.value, Tensor) and shown.value.sure
    )
    loaded = None if known else looks_loaded(shown.node, frame)
    return Thing("loader", origin=shown.node) if loaded is not None else shown.value
