"""The arguments of `torch.utils.data.DataLoader`, and which of them its constructor refuses together."""

from __future__ import annotations

LOADER: str = "torch.utils.data.DataLoader"
LOADER_PARAMS: tuple[str, ...] = (
    "dataset", "batch_size", "shuffle", "sampler", "batch_sampler", "num_workers", "collate_fn", "pin_memory",
    "drop_last", "timeout", "worker_init_fn", "multiprocessing_context", "generator",
)  # fmt: skip
"""By position; what follows is keyword-only."""

NEEDS_WORKERS: tuple[str, ...] = ("persistent_workers", "prefetch_factor", "multiprocessing_context", "timeout")
"""Options that raise, when they are set, without workers (`timeout` does so when the loader is iterated)."""

EXCLUDED_BY: dict[str, tuple[str, ...]] = {
    "sampler": ("shuffle",),
    "batch_sampler": ("batch_size", "shuffle", "sampler", "drop_last"),
}
"""Option -> what must keep its default beside it (`batch_size` is 1 by default)."""

SAMPLERS: frozenset[str] = frozenset(
    f"torch.utils.data.{name}"
    for name in (
        "BatchSampler DistributedSampler RandomSampler Sampler SequentialSampler SubsetRandomSampler"
        " WeightedRandomSampler"
    ).split()
)
"""Classes whose instances say in which order a loader takes its items."""

SHUFFLES: dict[str, int] = {
    "torch.utils.data.RandomSampler": 3,
    "torch.utils.data.random_split": 2,
}
"""What draws a permutation with a generator of the CPU unless it is given one; the position of `generator`."""

ITEM_METHODS: tuple[str, ...] = ("__getitem__", "__getitems__")
"""Methods of a data set that a loader's workers call."""
