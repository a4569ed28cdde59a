"""What numpy makes of tensors."""

from __future__ import annotations

NUMPY_KEEPING_TENSORS: frozenset[str] = frozenset(
    f"numpy.{name}"
    for name in (
        "abs absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh cbrt ceil conj conjugate copysign cos "
        "cosh deg2rad degrees divide equal exp exp2 expm1 fabs float_power floor floor_divide fmax fmin fmod greater "
        "greater_equal heaviside hypot isfinite isinf isnan less less_equal log log10 log1p log2 logaddexp logical_and "
        "logical_not logical_or logical_xor maximum minimum mod multiply negative not_equal positive power rad2deg "
        "radians reciprocal remainder rint sign sin sinh sqrt square subtract tan tanh true_divide trunc "
        "argmax argmin argsort clip cumprod cumsum nonzero repeat reshape round squeeze swapaxes take transpose"
    ).split()
)
"""Functions that, given a tensor, give a tensor back: universal functions, by `Tensor.__array_wrap__`, and those that
call the method of the same name."""

REFUSED_REDUCTIONS: frozenset[str] = frozenset(
    f"numpy.{name}" for name in "sum mean std var max min prod any all amax amin".split()
)
"""Functions that call the method of their argument, in a way in which a tensor's cannot be called (numpy 2.4)."""
