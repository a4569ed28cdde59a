"""Operations which work element by element: most of them through TensorIterator."""

from __future__ import annotations

from devlint.model.torchapi.schema import Check, Operation, Rank, Returns, op, spread

_UNARY = """
    abs_ absolute_ acos_ acosh_ arccos_ arccosh_ arcsin_ arcsinh_ arctan_ arctanh_ asin_ asinh_ atan_ atanh_
    bitwise_not_
    ceil_ conj_physical_ cos_ cosh_ deg2rad_ digamma_ erf_ erfc_ erfinv_ exp_ exp2_ expm1_ fix_ floor_ frac_ i0_ lgamma_
    log_ log10_ log1p_ log2_ logical_not_ neg_ negative_ rad2deg_ reciprocal_ relu_ round_ rsqrt_ sgn_ sigmoid_ sign_
    sin_
    sinc_ sinh_ sqrt_ square_ tan_ tanh_ trunc_
    angle conj resolve_conj resolve_neg positive signbit isfinite isinf isnan isneginf isposinf isreal int_repr
    dequantize
    torch.selu torch.poisson torch.alias_copy torch.detach_copy
    .coalesce .zero_!
"""
_BINARY = """
    add_ sub_ subtract_ mul_ multiply_ div_ divide_ true_divide_ floor_divide_ remainder_ fmod_ eq_ ne_ not_equal_ lt_
    less_
    le_ less_equal_ gt_ greater_ ge_ greater_equal_ maximum minimum fmax fmin atan2_ arctan2_ hypot_ copysign_ ldexp_
    xlogy_
    bitwise_and_ bitwise_or_ bitwise_xor_ bitwise_left_shift_ bitwise_right_shift_ logical_and_ logical_or_ logical_xor_
    torch.rsub
"""
# TensorIterator computes them too, but their entries in native_functions.yaml keep the exact check.
_BINARY_EXACT = "gcd_ lcm_ igamma_ igammac_ nextafter_ logaddexp logaddexp2"

_ITERATOR, _SAME, _BROADCAST = Check.ITERATOR, Rank.SAME, Rank.BROADCAST

ELEMENTWISE: dict[str, Operation] = {
    **spread(op(rank=_SAME), _UNARY),
    **spread(op("input eps", rank=_SAME), "logit_"),
    **spread(op("input p", rank=_SAME), "mvlgamma_"),
    **spread(op("input nan posinf neginf", rank=_SAME), "nan_to_num_"),
    **spread(op("n input", "input", rank=_SAME, method_params="input n"), "polygamma_"),
    **spread(op("input p", rank=_SAME), "bernoulli_"),
    **spread(op("input lambd", rank=_SAME), "hardshrink"),
    **spread(op("input dim dtype", rank=_SAME), "cumsum_ cumprod_ softmax log_softmax"),
    **spread(op("input dim", rank=_SAME), "logcumsumexp"),
    **spread(op("input dim", rank=_SAME, returns=Returns.TUPLE), "cummax cummin"),
    **spread(op(rank=_SAME, returns=Returns.TUPLE), "frexp"),
    **spread(op("input p dim maxnorm", rank=_SAME), "renorm_"),
    **spread(op("input other", "input other", _ITERATOR, _BROADCAST), _BINARY),
    **spread(op("input other", "input other", Check.EXACT, _BROADCAST), _BINARY_EXACT),
    **spread(op("input exponent", "input exponent", _ITERATOR, _BROADCAST), "pow_ float_power_"),
    **spread(op("input values", "input values", _ITERATOR, _BROADCAST), "heaviside_"),
    **spread(
        op("input other rtol atol equal_nan", "input other", _ITERATOR, _BROADCAST, tensors="input other"), "isclose"
    ),
    **spread(
        op("input other rtol atol equal_nan", "input other", _ITERATOR, returns=Returns.NUMBER, tensors="input other"),
        "allclose",
    ),
    **spread(op("input other", "input other", returns=Returns.NUMBER, tensors="input other"), "equal"),
    **spread(op("input other p", "input other", _ITERATOR, Rank.SCALAR, tensors="input other"), "dist"),
    **spread(op("input end weight", "input end weight", _ITERATOR, _BROADCAST, tensors="input end"), "lerp_"),
    **spread(
        op(
            "input tensor1 tensor2 value",
            "input tensor1 tensor2",
            _ITERATOR,
            _BROADCAST,
            tensors="input tensor1 tensor2",
        ),
        "addcmul_ addcdiv_",
    ),
    # PyTorch's yaml gives `clamp.Tensor` no NoCheck, so that a 0-dimensional CPU bound fails on CUDA; FakeTensor lets
    # it pass. Not judged until a GPU has told.
    **spread(op("input min max", "input min max", Check.EXACT, _BROADCAST, scalar_ok="min max"), "clamp_ clip_"),
    **spread(op("input min", "input min", Check.EXACT, _BROADCAST, scalar_ok="min"), "clamp_min_"),
    **spread(op("input max", "input max", Check.EXACT, _BROADCAST, scalar_ok="max"), "clamp_max_"),
    # With the condition alone it returns a tuple of index tensors.
    **spread(
        op(
            "condition input other",
            "condition input other",
            _ITERATOR,
            _BROADCAST,
            tensors="condition",
            method_params="input condition other",
        ),
        "where",
    ),
    **spread(op("real imag", "real imag", rank=_BROADCAST, tensors="real imag"), "torch.complex"),
    **spread(op("abs angle", "abs angle", rank=_BROADCAST, tensors="abs angle"), "torch.polar"),
    **spread(op("mean std", "mean std", rank=_BROADCAST), "torch.normal"),
    **spread(op("count prob", "count prob", _ITERATOR, _BROADCAST, tensors="count prob"), "torch.binomial"),
    # ------------------------------------------------------------------ writing into the receiver
    **spread(op("input src non_blocking", check=Check.FREE, rank=_SAME), ".copy_!"),
    **spread(op("input value", check=Check.FREE, rank=_SAME), ".fill_! torch.fill"),
    **spread(op("input fill_value wrap", rank=_SAME), ".fill_diagonal_!"),
    **spread(op("input mean std", rank=_SAME), ".normal_! .log_normal_!"),
    **spread(op("input from to", rank=_SAME), ".uniform_! .random_!"),
    **spread(op("input lambd", rank=_SAME), ".exponential_!"),
    **spread(op("input median sigma", rank=_SAME), ".cauchy_!"),
    **spread(op("input p", rank=_SAME), ".geometric_!"),
    **spread(op("input requires_grad", rank=_SAME), ".requires_grad_!"),
    **spread(op("input source", check=Check.FREE), ".set_!"),
    **spread(op("input size", check=Check.FREE, rank=Rank.SHAPE, varargs=True), ".resize_!"),
    **spread(op("input the_template", check=Check.FREE), ".resize_as_!"),
    **spread(op(rank=_SAME), ".share_memory_! .apply_!"),
    # ------------------------------------------------------------------ questions the host answers
    **spread(
        op(returns=Returns.NUMBER),
        "torch.is_floating_point torch.is_complex torch.is_nonzero torch.is_signed torch.is_conj torch.is_neg"
        " torch.numel"
        " torch.is_inference torch.get_device",
    ),
    **spread(op("obj", returns=Returns.NUMBER), "torch.is_tensor torch.is_storage"),
    **spread(op("tensor other", check=Check.FREE, returns=Returns.HOST_DATA), "torch.result_type"),
    **spread(op("input other", check=Check.FREE, returns=Returns.NUMBER), "is_same_size"),
}
