"""What `torch.distributed` starts and does not wait for, and the wrappers that exchange gradients."""

from __future__ import annotations

GRADIENT_SYNCHRONISERS: frozenset[str] = frozenset({"torch.nn.parallel.DistributedDataParallel"})
"""Wrappers whose own `forward` prepares the exchange of gradients."""

ALWAYS_ASYNCHRONOUS: frozenset[str] = frozenset({"torch.distributed.isend", "torch.distributed.irecv"})
"""Calls that return a `Work` at once."""

_COLLECTIVES = (
    "all_reduce all_reduce_coalesced all_gather all_gather_into_tensor all_gather_coalesced all_to_all"
    " all_to_all_single broadcast reduce reduce_scatter reduce_scatter_tensor gather scatter barrier"
)
ASYNCHRONOUS_ON_REQUEST: frozenset[str] = frozenset(f"torch.distributed.{name}" for name in _COLLECTIVES.split())
"""Calls that return a `Work` at once when they are given `async_op=True`."""
