"""Batches: what looping over a data loader gives."""

from __future__ import annotations

import re

import libcst as cst

from devlint.flow.lattice import AT_LEAST_ONE, Device, How, Origin, Where
from devlint.flow.values import Tensor, Value
from devlint.model.names import dotted

_LOADER_NAME = re.compile(r"(^|_)(data_?loader|loader|dl)(s?)($|_\w+)|[a-z]Loader$|dataloader", re.IGNORECASE)
_WRAPPERS = frozenset("enumerate tqdm iter progress_bar track trange islice cycle zip".split())


def is_called_loader(node: cst.BaseExpression) -> bool:
    """Whether an expression has a loader's name: `train_loader`, `self.val_dataloader`, `tqdm(loader)`."""
    if isinstance(node, cst.Call):
        name = (dotted(node.func) or "").rpartition(".")[2]
        return name in _WRAPPERS and bool(node.args) and is_called_loader(node.args[0].value)
    name = dotted(node)
    return name is not None and bool(_LOADER_NAME.search(name.rpartition(".")[2]))


def batch_of(node: cst.BaseExpression) -> Value:
    """An item of a loader: something of unknown structure whose tensors are in CPU memory."""
    name = cst.Module([]).code_for_node(node)
    origin = Origin(How.LOADER, node, f"`{name}` yields tensors in CPU memory")
    return Tensor((Device(Where.HOST, "cpu", origin),), AT_LEAST_ONE, sure=False)
