"""What a tensor's methods and attributes give back, where that is not an operation."""

from __future__ import annotations

from devlint.model.torchapi.schema import Move, Returns


def _each(names: str, value: Returns) -> dict[str, Returns]:
    return dict.fromkeys(names.split(), value)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


HOST_METHODS: dict[str, Returns] = {
    # These read elements, so an accelerator is waited for.
    **_each("item is_nonzero __bool__ __int__ __float__ __index__ __complex__ __contains__", Returns.NUMBER),
    **_each("tolist __repr__ __format__ __iter__", Returns.HOST_DATA),
    **_each("numpy __array__", Returns.ARRAY),
    # These know the answer without asking the device.
    **_each(
        "dim ndimension numel nelement element_size data_ptr const_data_ptr storage_offset get_device sparse_dim"
        " dense_dim"
        " is_contiguous is_floating_point is_complex is_signed is_conj is_neg is_inference is_pinned is_shared"
        " is_coalesced"
        " is_set_to is_distributed q_scale q_zero_point __len__ __hash__",
        Returns.NUMBER,
    ),
    **_each("size stride dim_order storage untyped_storage storage_type qscheme", Returns.HOST_DATA),
    **_each("backward retain_grad register_hook register_post_accumulate_grad_hook record_stream", Returns.NOTHING),
}
"""Methods whose result is no tensor."""

HOST_FUNCTIONS: dict[str, Returns] = {
    f"torch.{name}": returns
    for returns, names in (
        (
            Returns.NUMBER,
            "get_num_threads initial_seed seed is_grad_enabled is_inference_mode_enabled is_autocast_enabled can_cast"
            " is_autocast_cpu_enabled are_deterministic_algorithms_enabled get_float32_matmul_precision typename"
            " jit.is_scripting jit.is_tracing compiler.is_compiling compiler.is_dynamo_compiling compiler.is_exporting"
            " _dynamo.is_compiling onnx.is_in_onnx_export overrides.is_tensor_like nn.init.calculate_gain"
            " distributed.get_rank distributed.get_world_size distributed.get_backend cuda.device_count"
            " xpu.device_count"
            " accelerator.device_count mps.device_count",
        ),
        (
            Returns.HOST_DATA,
            "finfo iinfo Size get_default_dtype get_autocast_dtype get_autocast_gpu_dtype promote_types"
            " get_device_module"
            " utils.data.get_worker_info",
        ),
        (Returns.DEVICE, "get_default_device accelerator.current_accelerator"),
        (
            Returns.NOTHING,
            "manual_seed save set_default_dtype set_default_device set_default_tensor_type set_printoptions"
            " set_num_threads"
            " use_deterministic_algorithms set_float32_matmul_precision set_flush_denormal distributed.barrier"
            " distributed.init_process_group distributed.destroy_process_group testing.assert_close _check",
        ),
    )
    for name in names.split()
}
"""Functions, by qualified name, whose result is no tensor (`manual_seed` gives the CPU generator; nobody uses it)."""

BACKWARD_METHODS: frozenset[str] = _words("backward manual_backward")
"""Methods which compute gradients: of tensors, of an Accelerator or a Fabric, of a LightningModule."""

SYNCHRONIZING_METHODS: frozenset[str] = _words(
    "item tolist numpy cpu nonzero __bool__ __int__ __float__ __index__ __complex__ __contains__ __array__"
)
"""Methods which wait for the accelerator: they bring values, or a number of elements, to the host."""

TENSOR_ATTRIBUTES: dict[str, Returns] = {
    **_each("T mT H mH data grad real imag", Returns.TENSOR),
    "device": Returns.DEVICE,
    **_each("shape dtype layout grad_fn", Returns.HOST_DATA),
    **_each(
        "ndim requires_grad is_leaf retains_grad is_cuda is_cpu is_xpu is_mps is_meta is_mtia is_maia is_ipu is_xla"
        " is_vulkan"
        " is_mkldnn is_sparse is_sparse_csr is_quantized is_nested itemsize nbytes output_nr name volatile _version",
        Returns.NUMBER,
    ),
}

DEVICE_QUESTIONS: dict[str, str] = {
    f"is_{kind}": kind
    for kind in ("cuda", "cpu", "xpu", "mps", "meta", "mtia", "maia", "ipu", "xla", "vulkan", "mkldnn")
}
"""Attribute -> the device type it asks for."""

MOVE_METHODS: dict[str, Move] = {
    # Its first argument may also be a dtype (the device stays) or a tensor (its device and dtype are taken).
    "to": Move(("device", "dtype", "non_blocking", "copy")),
    "to_empty": Move((), tensors=False),
    "cpu": Move((), "cpu"),
    "cuda": Move(("device", "non_blocking"), "cuda"),
    "xpu": Move(("device", "non_blocking"), "xpu"),
    "mtia": Move(("device", "non_blocking"), "mtia"),
    "ipu": Move(("device", "non_blocking"), "ipu"),
    # Added by backend packages when they are imported.
    "hpu": Move(("device", "non_blocking"), "hpu"),
    "npu": Move(("device", "non_blocking"), "npu"),
    "mlu": Move(("device", "non_blocking"), "mlu"),
    "musa": Move(("device", "non_blocking"), "musa"),
    "sdaa": Move(("device", "non_blocking"), "sdaa"),
    # Page-locked CPU memory.
    "pin_memory": Move((), "cpu", modules=False),
}
"""Methods which return the receiver in another place; `device` as a parameter may be an index."""

PLUGIN_MOVES: frozenset[str] = frozenset(("hpu", "npu", "mlu", "musa", "sdaa"))
"""Those of them which PyTorch itself does not have."""

CAST_METHODS: dict[str, str | None] = {
    "float": "float32", "double": "float64", "half": "float16", "bfloat16": "bfloat16", "long": "int64", "int": "int32",
    "short": "int16", "char": "int8", "byte": "uint8", "bool": "bool", "cfloat": "complex64", "cdouble": "complex128",
    "chalf": "complex32", "type": None,
}  # fmt: skip
"""Method -> dtype; `type` takes it as its argument (a name such as "torch.cuda.FloatTensor" would move too)."""

MODULE_CASTS: frozenset[str] = frozenset(("float", "double", "half", "bfloat16", "type"))
"""Those of them which modules have, too, in place."""

TENSOR_ONLY_METHODS: frozenset[str] = _words(
    """
    unsqueeze unsqueeze_ permute expand_as view view_as masked_fill masked_fill_ masked_select masked_scatter
    masked_scatter_ detach detach_ new_zeros new_ones new_empty new_full new_tensor type_as contiguous nelement dim
    index_select index_add index_add_ index_copy index_copy_ index_fill index_fill_ index_put index_put_ scatter_
    scatter_add scatter_add_ scatter_reduce scatter_reduce_ take_along_dim repeat_interleave addmm addmm_ baddbmm
    baddbmm_ addcmul addcmul_ addcdiv addcdiv_ lerp lerp_ add_ sub_ mul_ div_ pow_ clamp clamp_ clamp_min clamp_max
    clamp_min_ clamp_max_ copy_ fill_ zero_ normal_ uniform_ random_ bernoulli_ exponential_ sqrt_ exp_ log_ neg_ abs_
    relu_ sigmoid_ tanh_ erfinv_ logsumexp rsqrt rsqrt_ logical_not logical_and logical_or amax amin argwhere
    is_contiguous retain_grad element_size data_ptr is_floating_point is_complex get_device storage_offset
    untyped_storage share_memory_ resize_ as_strided transpose_ squeeze_ swapdims movedim broadcast_to diag_embed
    unflatten
    """
)
"""Methods that of all common objects only `torch.Tensor` has: a name they are called on is a tensor (unless it is an
import).

Not here: what modules have too (`to`, `cuda`, `cpu`, `half`, `float`, `double`, `bfloat16`, `requires_grad_`, `type`),
what
numpy and pandas have (`sum`, `mean`, `reshape`, `transpose`, `clip`, `item`, `tolist`, `flatten`, `squeeze`, `repeat`,
`nonzero`, `size`), what `torch.Size` (`numel`), distributions (`expand`), figures (`scatter`), processes (`gather`) and
schedulers have, and what modules are often named (`self.relu(x)`, `self.softmax(x)`, `self.matmul(x, y)`).
"""

TENSOR_ONLY_ATTRIBUTES: frozenset[str] = frozenset(
    ("is_cuda", "is_leaf", "grad_fn", "requires_grad", "mH", "is_sparse")
)
"""Attributes that only a tensor has; read, they prove one (`shape`, `dtype`, `device`, `T`, `ndim`, `data`, `grad` do
not)."""
