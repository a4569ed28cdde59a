"""Operations which make fewer elements, and those which order or count them."""

from __future__ import annotations

from devlint.model.torchapi.schema import Check, Operation, Rank, Returns, op, spread

_TUPLE = Returns.TUPLE

REDUCTIONS: dict[str, Operation] = {
    **spread(op("input dim keepdim dtype", rank=Rank.REDUCE), "sum nansum mean nanmean prod"),
    **spread(op("input dim keepdim", rank=Rank.REDUCE), "amax amin all any argmax argmin logsumexp count_nonzero"),
    # `unbiased` (or `correction`) may stand in the place of `dim` in old code.
    **spread(op("input dim unbiased keepdim", rank=Rank.REDUCE), "std var"),
    **spread(op("input dim unbiased keepdim", returns=_TUPLE), "torch.std_mean torch.var_mean"),
    **spread(
        op("input dim keepdim", "input other", Check.ITERATOR, Rank.REDUCE, tuple_if="dim", overloads=("input other",)),
        "max min",
    ),
    **spread(op("input dim keepdim", rank=Rank.REDUCE, tuple_if="dim"), "median nanmedian"),
    **spread(op("input dim keepdim", returns=_TUPLE), "mode aminmax"),
    **spread(op("input k dim keepdim", returns=_TUPLE), "kthvalue"),
    **spread(op("input p dim keepdim dtype", rank=Rank.REDUCE), "norm"),
    **spread(op("input dim keepdim", rank=Rank.REDUCE), "torch.frobenius_norm torch.nuclear_norm"),
    **spread(op("input q dim keepdim", "input q"), "quantile nanquantile"),
    **spread(op("y x", "y x"), "torch.trapz torch.trapezoid torch.cumulative_trapezoid"),
    **spread(op("input n dim prepend append", "input prepend append", rank=Rank.SAME), "diff"),
    **spread(op("input", returns=_TUPLE), "torch.gradient"),
    **spread(op("input dim descending stable", rank=Rank.SAME, returns=_TUPLE), "sort"),
    **spread(op("input dim descending stable", rank=Rank.SAME), "argsort"),
    **spread(op("input", rank=Rank.SAME), "msort"),
    **spread(op("input k dim largest sorted", rank=Rank.SAME, returns=_TUPLE), "topk"),
    **spread(
        op("input sorted return_inverse return_counts dim", rank=Rank.SOME, tuple_if="return_inverse return_counts"),
        "unique",
    ),
    **spread(
        op("input return_inverse return_counts dim", rank=Rank.SOME, tuple_if="return_inverse return_counts"),
        "unique_consecutive",
    ),
    **spread(op("input bins min max", rank=Rank.ONE), "histc"),
    **spread(op("input bins range weight density", "input bins weight", returns=_TUPLE), "histogram torch.histogramdd"),
    **spread(op("input weights minlength", "input weights", rank=Rank.ONE), "bincount"),
    **spread(op("input correction fweights aweights", "input fweights aweights"), "cov"),
    **spread(op("input"), "corrcoef"),
    **spread(op("input num_samples replacement", rank=Rank.SOME), "multinomial"),
    **spread(op("input", rank=Rank.SCALAR), "trace"),
    **spread(op("input size", rank=Rank.SHAPE, varargs=True), ".sum_to_size"),
}
