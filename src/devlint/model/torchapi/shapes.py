"""Operations which change the shape or join tensors: they look at no element."""

from __future__ import annotations

from devlint.model.torchapi.schema import Check, Operation, Rank, Returns, op, spread

_FREE, _SAME, _TUPLE = Check.FREE, Rank.SAME, Returns.TUPLE

SHAPES: dict[str, Operation] = {
    # A lone argument of `view` may also be a dtype, and then the rank stays.
    **spread(op("input size", rank=Rank.SHAPE, varargs=True), ".view .expand"),
    **spread(op("input shape", rank=Rank.SHAPE, varargs=True), "reshape"),
    **spread(op("input repeats", rank=Rank.SHAPE, varargs=True), ".repeat"),
    **spread(op("input size", rank=Rank.SHAPE), "broadcast_to"),
    **spread(op("input dims", rank=_SAME, varargs=True), "permute flip"),
    **spread(op("input dims", rank=Rank.SOME, varargs=True), "tile"),
    **spread(op("input dim0 dim1", rank=_SAME), "transpose_ swapdims_"),
    **spread(op(rank=_SAME), "t_ clone detach_ adjoint fliplr flipud .contiguous"),
    **spread(
        op(rank=_SAME),
        ".to_dense .to_mkldnn .to_sparse .to_sparse_coo .to_sparse_csr .to_sparse_csc .to_sparse_bsr .to_sparse_bsc",
    ),
    **spread(op("input axis0 axis1", rank=_SAME), "swapaxes_"),
    **spread(op("input shifts dims", rank=_SAME), "roll"),
    **spread(op("input k dims", rank=_SAME), "rot90"),
    **spread(op("input source destination", rank=_SAME), "movedim moveaxis"),
    **spread(op("input dim start length", rank=_SAME), "narrow narrow_copy"),
    **spread(op("input diagonal", rank=_SAME), "tril_ triu_"),
    **spread(op("input dim"), "squeeze_ .values .indices .crow_indices .col_indices"),
    **spread(op("input dim", rank=Rank.PLUS_ONE), "unsqueeze_"),
    **spread(op("input start_dim end_dim", rank=Rank.SOME), "flatten"),
    **spread(op(rank=Rank.ONE), "ravel"),
    **spread(op("input dim sizes", rank=Rank.SOME), "unflatten"),
    **spread(op("input dimension size step", rank=Rank.PLUS_ONE), ".unfold"),
    **spread(op("input dim index"), "select"),
    **spread(op("input size stride storage_offset"), "as_strided_"),
    **spread(op("input diagonal"), "diag"),
    **spread(op("input offset dim1 dim2"), "diagonal"),
    **spread(op("input offset dim1 dim2", rank=Rank.PLUS_ONE), "diag_embed"),
    **spread(op("input offset", rank=Rank.TWO), "diagflat"),
    **spread(op(rank=Rank.PLUS_ONE), "torch.view_as_real"),
    **spread(op(), "torch.view_as_complex"),
    **spread(op(rank=_SAME), "torch.real torch.imag"),
    **spread(op("tensors", rank=Rank.SOME), "torch.atleast_1d torch.atleast_2d torch.atleast_3d"),
    **spread(op("input cls", rank=_SAME), ".as_subclass"),
    # ------------------------------------------------------------------ several results
    **spread(op("input dim", returns=_TUPLE), "unbind"),
    **spread(op("input chunks dim", rank=_SAME, returns=_TUPLE), "chunk unsafe_chunk"),
    **spread(op("input split_size dim", rank=_SAME, returns=_TUPLE), "split unsafe_split"),
    **spread(op("input split_sizes dim", rank=_SAME, returns=_TUPLE), "split_with_sizes unsafe_split_with_sizes"),
    **spread(
        op("input indices_or_sections dim", rank=_SAME, returns=_TUPLE, host="indices_or_sections"), "tensor_split"
    ),
    **spread(op("input indices_or_sections", rank=_SAME, returns=_TUPLE), "hsplit vsplit dsplit"),
    # ------------------------------------------------------------------ only the shape or the type of the other is read
    **spread(op("input other", check=_FREE, rank=Rank.SOME, tensors="other"), ".expand_as .view_as .reshape_as"),
    **spread(op("input other", check=_FREE, rank=_SAME, out_of="other", tensors="other"), ".type_as"),
    # Each result stays on the device of its own operand.
    **spread(
        op("tensors", check=_FREE, returns=Returns.UNKNOWN, varargs=True, sequences="tensors", tensors="tensors"),
        "torch.broadcast_tensors",
    ),
    **spread(op("shapes", check=_FREE, returns=Returns.HOST_DATA, varargs=True), "torch.broadcast_shapes"),
    # ------------------------------------------------------------------ joining
    **spread(
        op("tensors dim", rank=Rank.SOME, sequences="tensors", tensors="tensors"),
        "torch.cat torch.concat torch.concatenate",
    ),
    **spread(op("tensors dim", rank=Rank.PLUS_ONE, sequences="tensors", tensors="tensors"), "torch.stack"),
    **spread(
        op("tensors", rank=Rank.SOME, sequences="tensors", tensors="tensors"),
        "torch.hstack torch.vstack torch.dstack torch.column_stack torch.row_stack",
    ),
    **spread(
        op("tensors", rank=Rank.TWO, varargs=True, sequences="tensors", tensors="tensors"),
        "torch.block_diag torch.cartesian_prod",
    ),
    **spread(
        op("tensors", rank=Rank.SOME, returns=_TUPLE, varargs=True, sequences="tensors", tensors="tensors"),
        "torch.meshgrid",
    ),
    **spread(op("input r with_replacement", rank=Rank.TWO), "torch.combinations"),
    **spread(op("x N increasing", rank=Rank.TWO), "torch.vander"),
    # -------------------------------------------------------- writing a part: through copy_, so devices may differ
    **spread(op("input src dim index", check=_FREE, rank=_SAME), "select_scatter"),
    **spread(op("input src dim start end step", check=_FREE, rank=_SAME), "slice_scatter"),
    **spread(op("input src size stride storage_offset", check=_FREE, rank=_SAME), "as_strided_scatter"),
    **spread(op("input src offset dim1 dim2", check=_FREE, rank=_SAME), "diagonal_scatter"),
}
