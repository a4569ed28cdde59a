"""Operations with an index or a mask: all exact, unlike subscripts, where the index may be in CPU memory."""

from __future__ import annotations

from devlint.model.torchapi.schema import Check, Operation, Rank, Returns, op, spread

_SAME = Rank.SAME

INDEXING: dict[str, Operation] = {
    **spread(op("input dim index", "input index", rank=_SAME, indices="index", tensors="index"), "gather index_select"),
    **spread(op("input indices dim", "input indices", indices="indices", tensors="indices"), "take_along_dim"),
    **spread(op("input index", "input index", indices="index", tensors="index"), "take"),
    **spread(
        op("input index source accumulate", "input index source", rank=_SAME, indices="index", tensors="index source"),
        "put_",
    ),
    # `src` may be a number, and then only the index is checked.
    **spread(op("input dim index src", "input index src", rank=_SAME, indices="index", tensors="index"), "scatter_"),
    **spread(
        op("input dim index src", "input index src", rank=_SAME, indices="index", tensors="index src"), "scatter_add_"
    ),
    **spread(
        op("input dim index src reduce", "input index src", rank=_SAME, indices="index", tensors="index src"),
        "scatter_reduce_",
    ),
    **spread(
        op("input dim index source", "input index source", rank=_SAME, indices="index", tensors="index source"),
        "index_add_ index_copy_",
    ),
    **spread(
        op("input dim index source reduce", "input index source", rank=_SAME, indices="index", tensors="index source"),
        "index_reduce_",
    ),
    # A tensor value is read back with `.item()`.
    **spread(op("input dim index value", "input index", rank=_SAME, indices="index", tensors="index"), "index_fill_"),
    # The indices may be CPU tensors, as in a subscript.
    **spread(
        op("input indices values accumulate", "input values", rank=_SAME, scalar_ok="values", tensors="values"),
        "index_put_",
    ),
    **spread(op("input mask value", "input mask value", rank=_SAME, scalar_ok="value", tensors="mask"), "masked_fill_"),
    **spread(op("input mask", "input mask", rank=Rank.ONE, tensors="mask"), "masked_select"),
    **spread(op("input mask source", "input mask source", rank=_SAME, tensors="mask source"), "masked_scatter_"),
    **spread(op("input as_tuple", rank=Rank.TWO, tuple_if="as_tuple"), "nonzero"),
    **spread(op(rank=Rank.TWO), "argwhere"),
    **spread(op("input size fill_value", rank=Rank.TWO), "nonzero_static"),
    **spread(op("input repeats dim", "input repeats", rank=Rank.SOME, overloads=("repeats",)), "repeat_interleave"),
    **spread(op("input boundaries", "input boundaries", rank=_SAME, tensors="boundaries"), "torch.bucketize"),
    **spread(op("sorted_sequence input", "sorted_sequence input", tensors="sorted_sequence"), "torch.searchsorted"),
    **spread(op("elements test_elements", "elements test_elements", rank=_SAME), "torch.isin"),
    **spread(op("indices shape", returns=Returns.TUPLE), "torch.unravel_index"),
    **spread(op("weight indices", "weight indices", rank=Rank.SOME, indices="indices"), "torch.embedding"),
    **spread(op("input mask", "input mask", check=Check.EXACT, rank=_SAME), ".sparse_mask"),
}
