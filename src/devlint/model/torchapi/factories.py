"""What makes a new tensor, and where it puts it."""

from __future__ import annotations

from devlint.model.torchapi.schema import Factory, Rank


def _each(names: str, spec: Factory) -> dict[str, Factory]:
    return dict.fromkeys(names.split(), spec)


_SIZES = Factory(("size",), Rank.SHAPE, varargs=True)
_WINDOW = Factory(("window_length", "periodic"), Rank.ONE)
_TRIANGLE = Factory(("row", "col", "offset"), Rank.TWO)
_LIKE = Factory(("input",), Rank.SAME, like="input")
_LEGACY = Factory(("data",), Rank.SOME, takes_device=False, follows_default=False, varargs=True)
_HOST = Factory(("data",), takes_device=False, follows_default=False)
_LEGACY_TYPES = ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")

FACTORIES: dict[str, Factory] = {
    **_each("torch.zeros torch.ones torch.empty", _SIZES),
    **_each("torch.rand torch.randn", Factory(("size",), Rank.SHAPE, varargs=True, random=True)),
    "torch.full": Factory(("size", "fill_value"), Rank.SHAPE),
    "torch.randint": Factory(("low", "high", "size"), Rank.SHAPE, random=True, overloads=(("high", "size"),)),
    "torch.randperm": Factory(("n",), Rank.ONE, random=True),
    "torch.normal": Factory(("mean", "std", "size"), Rank.SHAPE, follows_default=False, like="mean", random=True),
    "torch.empty_strided": Factory(("size", "stride"), Rank.SHAPE),
    "torch.empty_permuted": Factory(("size", "physical_layout"), Rank.SHAPE),
    "torch.arange": Factory(("start", "end", "step"), Rank.ONE, overloads=(("end",),)),
    "torch.range": Factory(("start", "end", "step"), Rank.ONE, follows_default=False),
    "torch.linspace": Factory(("start", "end", "steps"), Rank.ONE),
    "torch.logspace": Factory(("start", "end", "steps", "base"), Rank.ONE),
    "torch.eye": Factory(("n", "m"), Rank.TWO),
    "torch.tensor": Factory(("data",), Rank.DATA, like="data"),
    "torch.as_tensor": Factory(("data", "dtype", "device"), Rank.DATA, like="data"),
    "torch.asarray": Factory(("obj",), Rank.DATA, like="obj"),
    "torch.scalar_tensor": Factory(("s",), Rank.SCALAR),
    "torch.from_numpy": Factory(("ndarray",), takes_device=False, follows_default=False),
    "torch.frombuffer": Factory(("buffer",), Rank.ONE, takes_device=False, follows_default=False),
    "torch.from_file": Factory(("filename", "shared", "size"), Rank.ONE),
    **_each("torch.tril_indices torch.triu_indices", _TRIANGLE),
    **_each("torch.hann_window torch.bartlett_window torch.blackman_window", _WINDOW),
    "torch.hamming_window": Factory(("window_length", "periodic", "alpha", "beta"), Rank.ONE),
    "torch.kaiser_window": Factory(("window_length", "periodic", "beta"), Rank.ONE),
    **_each(
        "torch.signal.windows.hann torch.signal.windows.hamming torch.signal.windows.bartlett"
        " torch.signal.windows.blackman"
        " torch.signal.windows.cosine torch.signal.windows.nuttall torch.signal.windows.exponential"
        " torch.signal.windows.gaussian torch.signal.windows.kaiser torch.signal.windows.general_hamming"
        " torch.signal.windows.general_cosine",
        Factory(("M",), Rank.ONE),
    ),
    **_each("torch.fft.fftfreq torch.fft.rfftfreq", Factory(("n", "d"), Rank.ONE)),
    "torch.sparse_coo_tensor": Factory(("indices", "values", "size"), like="values"),
    "torch.sparse_csr_tensor": Factory(("crow_indices", "col_indices", "values", "size"), like="values"),
    "torch.sparse_bsr_tensor": Factory(("crow_indices", "col_indices", "values", "size"), like="values"),
    "torch.sparse_csc_tensor": Factory(("ccol_indices", "row_indices", "values", "size"), like="values"),
    "torch.sparse_bsc_tensor": Factory(("ccol_indices", "row_indices", "values", "size"), like="values"),
    "torch.sparse_compressed_tensor": Factory(("compressed_indices", "plain_indices", "values", "size"), like="values"),
    "torch.nested.nested_tensor": Factory(("tensor_list",), Rank.SOME, like="tensor_list"),
    "torch.nested.as_nested_tensor": Factory(("ts",), Rank.SOME, like="ts"),
    # ------------------------------------------------------------------ like another tensor
    **_each("torch.zeros_like torch.ones_like torch.empty_like", _LIKE),
    "torch.full_like": Factory(("input", "fill_value"), Rank.SAME, like="input"),
    **_each("torch.rand_like torch.randn_like", Factory(("input",), Rank.SAME, like="input", random=True)),
    "torch.randint_like": Factory(
        ("input", "low", "high"), Rank.SAME, like="input", random=True, overloads=(("input", "high"),)
    ),
    # -------------------------------------------------------- legacy constructors: CPU memory, whatever the default
    "torch.Tensor": _LEGACY,
    **{f"torch.{kind}Tensor": _LEGACY for kind in _LEGACY_TYPES},
    **{f"torch.{kind}Storage": _HOST for kind in _LEGACY_TYPES},
}
"""By qualified name. Where both numbers and tensors may be given (`normal`), `like` counts only for a tensor."""

LEGACY_CUDA: frozenset[str] = frozenset(f"torch.cuda.{kind}Tensor" for kind in _LEGACY_TYPES)
"""Constructors of memory on the current CUDA device; they raise without CUDA and have no `device` keyword."""

METHOD_FACTORIES: dict[str, Factory] = {
    **_each("new_zeros new_ones new_empty", Factory(("input", "size"), Rank.SHAPE, like="input", varargs=True)),
    "new_full": Factory(("input", "size", "fill_value"), Rank.SHAPE, like="input"),
    "new_empty_strided": Factory(("input", "size", "stride"), Rank.SHAPE, like="input"),
    "new_tensor": Factory(("input", "data"), Rank.DATA, like="input"),
    "new": Factory(("input", "data"), Rank.SOME, like="input", varargs=True),
}
"""Methods of a tensor, by bare name; the first parameter is the receiver, which gives the device."""
