"""Products, decompositions and `torch.linalg`: all exact."""

from __future__ import annotations

from devlint.model.torchapi.schema import Check, Operation, Rank, Returns, op, qualified, spread

_TUPLE = Returns.TUPLE


def _pair(params: str, rank: Rank = Rank.UNKNOWN) -> Operation:
    operands = " ".join(params.split()[:2])
    return op(params, operands, rank=rank, tensors=operands)


def _added(second: str, third: str, rank: Rank) -> Operation:
    operands = f"input {second} {third}"
    return op(operands, operands, rank=rank, tensors=operands)


LINEAR: dict[str, Operation] = {
    **spread(_pair("input other"), "matmul inner"),
    **spread(_pair("input other", Rank.BROADCAST), "kron"),
    **spread(_pair("input other dim", Rank.BROADCAST), "cross"),
    **spread(_pair("input mat2", Rank.TWO), "mm smm torch.spmm torch.dsmm"),
    **spread(_pair("input mat2", Rank.SOME), "bmm"),
    **spread(_pair("input vec", Rank.ONE), "mv"),
    **spread(_pair("input vec2", Rank.TWO), "outer ger"),
    **spread(_pair("input tensor", Rank.SCALAR), "dot"),
    **spread(_pair("input other", Rank.SCALAR), "vdot"),
    **spread(_added("mat1", "mat2", Rank.TWO), "addmm_ sspaddmm"),
    **spread(_added("batch1", "batch2", Rank.SOME), "baddbmm_"),
    **spread(_added("batch1", "batch2", Rank.TWO), "addbmm_"),
    **spread(_added("mat", "vec", Rank.ONE), "addmv_"),
    **spread(_added("vec1", "vec2", Rank.TWO), "addr_"),
    **spread(_pair("input mat2", Rank.TWO), "torch._scaled_mm"),
    **spread(_pair("a b dims"), "torch.tensordot"),
    **spread(
        op("equation operands", "operands", varargs=True, sequences="operands", tensors="operands"), "torch.einsum"
    ),
    **spread(
        op("matrices", rank=Rank.TWO, varargs=True, sequences="matrices", tensors="matrices"), "torch.chain_matmul"
    ),
    **spread(_pair("x1 x2 p compute_mode", Rank.SOME), "torch.cdist"),
    **spread(op("input p", rank=Rank.ONE), "torch.pdist"),
    **spread(op(), "det logdet inverse pinverse matrix_exp"),
    **spread(op("input n"), "matrix_power"),
    **spread(op(returns=_TUPLE), "slogdet qr svd geqrf"),
    **spread(op("A", returns=_TUPLE), "lu torch.pca_lowrank torch.svd_lowrank torch.lobpcg"),
    **spread(op("input upper", rank=Rank.SAME), "cholesky cholesky_inverse"),
    **spread(_pair("input input2 upper"), "cholesky_solve"),
    **spread(op("input LU_data LU_pivots", "input LU_data LU_pivots"), "lu_solve"),
    **spread(op("LU_data LU_pivots", "LU_data LU_pivots", returns=_TUPLE), "torch.lu_unpack"),
    **spread(op("input A upper transpose unitriangular", "input A", returns=_TUPLE), "triangular_solve"),
    **spread(_pair("input input2"), "orgqr"),
    **spread(op("input input2 input3 left transpose", "input input2 input3"), "ormqr"),
    **spread(op("input n_fft hop_length win_length window center pad_mode", "input window", rank=Rank.SOME), "stft"),
    **spread(op("input n_fft hop_length win_length window center", "input window", rank=Rank.SOME), "istft"),
}

_LINALG = "torch.linalg."
LINALG: dict[str, Operation] = {
    **qualified(
        _LINALG, op("A"), "cholesky cond det eigvals eigvalsh inv pinv matrix_exp matrix_rank svdvals tensorinv"
    ),
    **qualified(_LINALG, op("A n"), "matrix_power"),
    **qualified(
        _LINALG,
        op("A", returns=_TUPLE),
        "cholesky_ex eig eigh inv_ex ldl_factor ldl_factor_ex lu lu_factor lu_factor_ex",
    ),
    **qualified(_LINALG, op("A", returns=_TUPLE), "qr slogdet svd"),
    **qualified(_LINALG, op("A offset dim1 dim2"), "diagonal"),
    **qualified(_LINALG, _pair("A B"), "solve solve_triangular tensorsolve"),
    **qualified(_LINALG, op("A B", "A B", returns=_TUPLE, tensors="A B"), "solve_ex lstsq"),
    **qualified(_LINALG, _pair("A tau"), "householder_product"),
    **qualified(_LINALG, op("LU pivots B", "LU pivots B"), "lu_solve"),
    **qualified(_LINALG, op("LD pivots B", "LD pivots B"), "ldl_solve"),
    **qualified(_LINALG, _pair("input other"), "matmul"),
    **qualified(_LINALG, _pair("input other", Rank.BROADCAST), "cross"),
    **qualified(_LINALG, _pair("x y"), "vecdot"),
    **qualified(_LINALG, op("tensors", sequences="tensors", tensors="tensors"), "multi_dot"),
    **qualified(_LINALG, op("x ord dim keepdim", rank=Rank.REDUCE), "vector_norm"),
    **qualified(_LINALG, op("A ord dim keepdim"), "matrix_norm"),
    **qualified(_LINALG, op("input ord dim keepdim"), "norm"),
    **qualified(_LINALG, op("x N", rank=Rank.TWO), "vander"),
}

_FFT_NAMES = "fft ifft rfft irfft hfft ihfft"
FFT: dict[str, Operation] = {
    **qualified("torch.fft.", op("input n dim norm", rank=Rank.SAME), _FFT_NAMES),
    **qualified(
        "torch.fft.", op("input s dim norm", rank=Rank.SAME), " ".join(f"{n}2 {n}n" for n in _FFT_NAMES.split())
    ),
    **qualified("torch.fft.", op("input dim", rank=Rank.SAME), "fftshift ifftshift"),
}

_POLYNOMIALS = " ".join(
    f"{kind}_polynomial_{letter}" for kind in ("chebyshev", "shifted_chebyshev") for letter in "tuvw"
)
_SPECIAL = "torch.special."
SPECIAL: dict[str, Operation] = {
    **qualified(
        _SPECIAL,
        op(rank=Rank.SAME),
        "airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 digamma entr erf erfc erfcx erfinv exp2 expit expm1 gammaln"
        " i0 i0e i1"
        " i1e log1p log_ndtr modified_bessel_i0 modified_bessel_i1 modified_bessel_k0 modified_bessel_k1 ndtr ndtri"
        " psi round"
        " scaled_modified_bessel_k0 scaled_modified_bessel_k1 sinc spherical_bessel_j0",
    ),
    **qualified(_SPECIAL, op("input eps", rank=Rank.SAME), "logit"),
    **qualified(_SPECIAL, op("input p", rank=Rank.SAME), "multigammaln"),
    **qualified(_SPECIAL, op("n input", "input", rank=Rank.SAME), "polygamma"),
    **qualified(_SPECIAL, op("input dim dtype", rank=Rank.SAME), "softmax log_softmax"),
    **qualified(_SPECIAL, op("input dim keepdim", rank=Rank.REDUCE), "logsumexp"),
    **qualified(_SPECIAL, op("input other", "input other", Check.ITERATOR, Rank.BROADCAST), "xlog1py xlogy zeta"),
    **qualified(_SPECIAL, op("input other", "input other", Check.EXACT, Rank.BROADCAST), "gammainc gammaincc"),
    **qualified(
        _SPECIAL,
        op("input n", "input n", Check.ITERATOR, Rank.BROADCAST),
        _POLYNOMIALS + " hermite_polynomial_h hermite_polynomial_he laguerre_polynomial_l legendre_polynomial_p",
    ),
}
