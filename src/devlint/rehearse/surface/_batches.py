"""Batches of another size: the samples of a batch, repeated or cut off."""

from __future__ import annotations

from collections import UserDict
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._pytree import tree_flatten, tree_map

if TYPE_CHECKING:
    from devlint.rehearse.fake import FakeData

Tensor = torch.Tensor


def resized(batch: Any, size: int, fake: FakeData | None) -> Any:
    """The batch with `size` samples: every tensor in it whose first dimension is that of the first tensor."""
    if isinstance(batch, UserDict):  # such as the batches of transformers' tokenizers
        batch.data = resized(dict(batch.data), size, fake)
        return batch
    leaves = [leaf for leaf in tree_flatten(batch)[0] if isinstance(leaf, Tensor) and leaf.dim()]
    if not leaves:
        return batch
    before = len(leaves[0])
    rows = torch.arange(size) % before

    def resize(leaf: Any) -> Any:
        if not isinstance(leaf, Tensor) or not leaf.dim() or len(leaf) != before:
            return leaf
        return leaf[rows] if fake is None else fake.empty((size, *leaf.shape[1:]), leaf.dtype)

    return tree_map(resize, batch)
