"""The criteria of `torch.nn.functional`, by qualified name."""

from __future__ import annotations

from devlint.model.torchapi.schema import Check, Operation, Rank, op, qualified, spread

_ITERATOR = Check.ITERATOR
_OLD = "size_average reduce reduction"
_F = "torch.nn.functional."
_PAIR = "input target"


def _loss(params: str, operands: str, names: str, check: Check = Check.EXACT) -> dict[str, Operation]:
    # `reduction="none"` keeps the shape, so the rank stays unknown.
    return dict(qualified(_F, op(params, operands, check, tensors=operands), names))


LOSSES: dict[str, Operation] = {
    # These broadcast first, so that a 0-dimensional CPU target is not one any more when it is checked.
    **_loss(f"{_PAIR} {_OLD} weight", f"{_PAIR} weight", "mse_loss l1_loss"),
    **_loss(f"{_PAIR} {_OLD} beta", _PAIR, "smooth_l1_loss"),
    **_loss(f"{_PAIR} reduction delta weight", f"{_PAIR} weight", "huber_loss"),
    **_loss(
        f"{_PAIR} weight size_average ignore_index reduce reduction label_smoothing", f"{_PAIR} weight", "cross_entropy"
    ),
    **_loss(f"{_PAIR} weight size_average ignore_index reduce reduction", f"{_PAIR} weight", "nll_loss"),
    **_loss(f"{_PAIR} weight {_OLD}", f"{_PAIR} weight", "binary_cross_entropy"),
    **_loss(f"{_PAIR} weight {_OLD}", f"{_PAIR} weight", "multilabel_soft_margin_loss", _ITERATOR),
    **_loss(
        f"{_PAIR} weight {_OLD} pos_weight", f"{_PAIR} weight pos_weight", "binary_cross_entropy_with_logits", _ITERATOR
    ),
    **_loss(f"{_PAIR} {_OLD}", _PAIR, "soft_margin_loss", _ITERATOR),
    **_loss(f"{_PAIR} {_OLD} log_target", _PAIR, "kl_div", _ITERATOR),
    **_loss(f"{_PAIR} margin {_OLD}", _PAIR, "hinge_embedding_loss", _ITERATOR),
    **_loss(f"{_PAIR} log_input full size_average eps reduce reduction", _PAIR, "poisson_nll_loss", _ITERATOR),
    **_loss(f"{_PAIR} var full eps reduction", f"{_PAIR} var", "gaussian_nll_loss", _ITERATOR),
    **_loss(f"{_PAIR} {_OLD}", _PAIR, "multilabel_margin_loss"),
    **_loss(f"{_PAIR} p margin weight {_OLD}", f"{_PAIR} weight", "multi_margin_loss"),
    **_loss(f"input1 input2 target margin {_OLD}", "input1 input2 target", "margin_ranking_loss", _ITERATOR),
    **_loss(f"input1 input2 target margin {_OLD}", "input1 input2 target", "cosine_embedding_loss", _ITERATOR),
    **_loss(
        f"anchor positive negative margin p eps swap {_OLD}",
        "anchor positive negative",
        "triplet_margin_loss",
        _ITERATOR,
    ),
    **_loss(
        "anchor positive negative distance_function margin swap reduction",
        "anchor positive negative",
        "triplet_margin_with_distance_loss",
        _ITERATOR,
    ),
    **_loss(
        "input linear_weight target linear_bias weight reduction",
        "input linear_weight target linear_bias weight",
        "linear_cross_entropy",
    ),
    # Targets and lengths may be in CPU memory: cuDNN even wants them there.
    **_loss(
        "log_probs targets input_lengths target_lengths blank reduction zero_infinity",
        "log_probs",
        "ctc_loss",
        Check.FREE,
    ),
}

NATIVE_LOSSES: dict[str, Operation] = {
    **spread(op(f"{_PAIR} reduction log_target", _PAIR, _ITERATOR), "torch.kl_div"),
    **spread(op(f"{_PAIR} margin reduction", _PAIR, _ITERATOR), "torch.hinge_embedding_loss"),
    **spread(op(f"{_PAIR} log_input full eps reduction", _PAIR, _ITERATOR), "torch.poisson_nll_loss"),
    **spread(
        op("input1 input2 target margin reduction", "input1 input2 target", _ITERATOR),
        "torch.margin_ranking_loss torch.cosine_embedding_loss",
    ),
    **spread(
        op("anchor positive negative margin p eps swap reduction", "anchor positive negative", _ITERATOR),
        "torch.triplet_margin_loss",
    ),
    **spread(
        op(
            "log_probs targets input_lengths target_lengths blank reduction zero_infinity",
            check=Check.FREE,
            rank=Rank.UNKNOWN,
        ),
        "torch.ctc_loss",
    ),
}
