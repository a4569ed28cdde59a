"""`torch._foreach_*`: one operation over lists of tensors, whose items may live on different devices."""

from __future__ import annotations

from devlint.model.torchapi.schema import Check, Operation, Returns, op

_UNARY = """
    abs ceil cos erf exp expm1 floor frac lgamma log log10 log1p log2 neg reciprocal round rsqrt sigmoid sign sin sqrt
    tan tanh trunc
"""
_BINARY = "add sub mul div maximum minimum clamp_min clamp_max"
_TERNARY = "addcmul addcdiv"


def _lists(params: str, names: str) -> dict[str, Operation]:
    made = op(params, check=Check.FREE, returns=Returns.TUPLE, sequences=params.partition(" ")[0])
    kept = op(params, check=Check.FREE, returns=Returns.NOTHING, sequences=params.partition(" ")[0])
    return {
        f"torch._foreach_{name}{ending}": spec for name in names.split() for ending, spec in (("", made), ("_", kept))
    }


FOREACH: dict[str, Operation] = {
    **_lists("self", _UNARY),
    **_lists("self other", _BINARY),
    **_lists("self exponent", "pow"),
    **_lists("self tensors1 weights", "lerp"),
    **_lists("self tensor1 tensor2 value", _TERNARY),
    "torch._foreach_norm": op("self ord", check=Check.FREE, returns=Returns.TUPLE, sequences="self"),
    "torch._foreach_zero_": op("self", check=Check.FREE, returns=Returns.NOTHING, sequences="self"),
    "torch._foreach_copy_": op("self src non_blocking", check=Check.FREE, returns=Returns.NOTHING, sequences="self"),
}
