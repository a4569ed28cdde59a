"""Every class of `torch.nn`: which of them hold parameters, which are criteria, what their calls give."""

from __future__ import annotations

from dataclasses import replace

from devlint.model.torchapi.schema import ModuleClass, Returns


def _nn(names: str, params: str = "", **fields: object) -> dict[str, ModuleClass]:
    """The classes of these names; those with a `device` keyword list "device" last in `params`."""
    listed = tuple(params.split())
    return dict.fromkeys(
        (f"torch.nn.{name}" for name in names.split()),
        ModuleClass(params=listed, takes_device="device" in listed, **fields),  # type: ignore[arg-type]
    )


def _plain(names: str, params: str = "") -> dict[str, ModuleClass]:
    return _nn(names, params, parametric=False)


def _loss(names: str, params: str, weights: str = "") -> dict[str, ModuleClass]:
    return _nn(names, params, parametric=bool(weights), loss=True, weights=tuple(weights.split()))


def _dims(stem: str) -> str:
    return " ".join(f"{stem}{dim}d" for dim in (1, 2, 3))


def _lazy(table: dict[str, ModuleClass]) -> dict[str, ModuleClass]:
    """`LazyConv1d` is `Conv1d` without its first parameter."""
    return {
        name.replace("torch.nn.", "torch.nn.Lazy"): replace(entry, params=entry.params[1:])
        for name, entry in table.items()
    }


_CONV_END = "groups bias padding_mode device"
_OLD = "size_average reduce reduction"
_NORM = "num_features eps momentum affine track_running_stats device"
_TUPLE, _UNKNOWN = Returns.TUPLE, Returns.UNKNOWN

_HAVE_LAZY = {
    **_nn("Linear", "in_features out_features bias device"),
    **_nn(_dims("Conv"), f"in_channels out_channels kernel_size stride padding dilation {_CONV_END}"),
    **_nn(
        _dims("ConvTranspose"),
        "in_channels out_channels kernel_size stride padding output_padding groups bias dilation padding_mode device",
    ),
    **_nn(f"{_dims('BatchNorm')} {_dims('InstanceNorm')}", _NORM),
}
_RECURRENT = "input_size hidden_size num_layers bias batch_first dropout bidirectional proj_size device"
_LAYER = "d_model nhead dim_feedforward dropout activation layer_norm_eps batch_first norm_first bias device"

_PARAMETRIC: dict[str, ModuleClass] = {
    **_HAVE_LAZY,
    **_lazy(_HAVE_LAZY),
    **_nn("Bilinear", "in1_features in2_features out_features bias device"),
    **_nn("SyncBatchNorm", "num_features eps momentum affine track_running_stats process_group device"),
    **_nn("LayerNorm", "normalized_shape eps elementwise_affine bias device"),
    **_nn("RMSNorm", "normalized_shape eps elementwise_affine device"),
    **_nn("GroupNorm", "num_groups num_channels eps affine device"),
    **_nn("PReLU", "num_parameters init device"),
    **_nn(
        "Embedding",
        "num_embeddings embedding_dim padding_idx max_norm norm_type scale_grad_by_freq sparse _weight _freeze device",
    ),
    **_nn(
        "EmbeddingBag",
        "num_embeddings embedding_dim max_norm norm_type scale_grad_by_freq mode sparse _weight include_last_offset"
        " padding_idx"
        " device",
    ),
    **_nn("RNN GRU LSTM", _RECURRENT, recurrent=True, returns=_TUPLE),
    **_nn("RNNBase", f"mode {_RECURRENT}", recurrent=True, returns=_TUPLE),
    **_nn("RNNCell", "input_size hidden_size bias nonlinearity device", recurrent=True),
    **_nn("GRUCell", "input_size hidden_size bias device", recurrent=True),
    **_nn("LSTMCell", "input_size hidden_size bias device", recurrent=True, returns=_TUPLE),
    **_nn("RNNCellBase", "input_size hidden_size bias num_chunks device", recurrent=True),
    **_nn(
        "MultiheadAttention",
        "embed_dim num_heads dropout bias add_bias_kv add_zero_attn kdim vdim batch_first device",
        returns=_TUPLE,
    ),
    **_nn(
        "Transformer",
        "d_model nhead num_encoder_layers num_decoder_layers dim_feedforward dropout activation custom_encoder"
        " custom_decoder"
        " layer_norm_eps batch_first norm_first bias device",
    ),
    **_nn("TransformerEncoderLayer TransformerDecoderLayer", _LAYER),
    **_nn("TransformerEncoder", "encoder_layer num_layers norm enable_nested_tensor mask_check"),
    **_nn("TransformerDecoder", "decoder_layer num_layers norm"),
    **_nn("AdaptiveLogSoftmaxWithLoss", "in_features n_classes cutoffs div_value head_bias device", returns=_TUPLE),
    **_nn("LinearCrossEntropyLoss", "in_features num_classes out_features bias device"),
    **_nn("Module Container", returns=_UNKNOWN),
}

_CONTAINERS: dict[str, ModuleClass] = {
    **_nn("Sequential", container=True, returns=_UNKNOWN),
    **_nn("ModuleList ModuleDict", "modules", container=True, returns=_UNKNOWN),
    **_nn("ParameterList", "values", container=True, returns=_UNKNOWN),
    **_nn("ParameterDict", "parameters", container=True, returns=_UNKNOWN),
    **_nn("DataParallel", "module device_ids output_device dim", returns=_UNKNOWN),
    "torch.nn.parallel.DistributedDataParallel": ModuleClass(
        params=("module", "device_ids", "output_device", "dim"), returns=_UNKNOWN
    ),
    "torch.nn.utils.parametrize.ParametrizationList": ModuleClass(container=True, returns=_UNKNOWN),
}

_PLAIN: dict[str, ModuleClass] = {
    **_plain("Identity LogSigmoid Sigmoid Softmax2d Softsign Tanh Tanhshrink"),
    **_plain("Hardsigmoid Hardswish Mish ReLU ReLU6 SELU SiLU", "inplace"),
    **_plain("CELU ELU", "alpha inplace"),
    **_plain("GELU", "approximate"),
    **_plain("GLU LogSoftmax Softmax Softmin", "dim"),
    **_plain("Hardshrink Softshrink", "lambd"),
    **_plain("Hardtanh", "min_val max_val inplace"),
    **_plain("LeakyReLU", "negative_slope inplace"),
    **_plain("RReLU", "lower upper inplace"),
    **_plain("Softplus", "beta threshold"),
    **_plain("Threshold", "threshold value inplace"),
    **_plain(f"Dropout {_dims('Dropout')} AlphaDropout FeatureAlphaDropout", "p inplace"),
    **_plain(_dims("AdaptiveAvgPool"), "output_size"),
    **_plain(_dims("AdaptiveMaxPool"), "output_size return_indices"),
    **_plain("AvgPool1d", "kernel_size stride padding ceil_mode count_include_pad"),
    **_plain("AvgPool2d AvgPool3d", "kernel_size stride padding ceil_mode count_include_pad divisor_override"),
    **_plain(_dims("MaxPool"), "kernel_size stride padding dilation return_indices ceil_mode"),
    **_plain(_dims("MaxUnpool"), "kernel_size stride padding"),
    **_plain(_dims("LPPool"), "norm_type kernel_size stride ceil_mode"),
    **_plain("FractionalMaxPool2d FractionalMaxPool3d", "kernel_size output_size output_ratio return_indices"),
    **_plain(
        f"{_dims('CircularPad')} {_dims('ReflectionPad')} {_dims('ReplicationPad')} {_dims('ZeroPad')}", "padding"
    ),
    **_plain(_dims("ConstantPad"), "padding value"),
    **_plain("LocalResponseNorm CrossMapLRN2d", "size alpha beta k"),
    **_plain("CosineSimilarity", "dim eps"),
    **_plain("PairwiseDistance", "p eps keepdim"),
    **_plain("Flatten", "start_dim end_dim"),
    **_plain("Unflatten", "dim unflattened_size"),
    **_plain("Fold", "output_size kernel_size dilation padding stride"),
    **_plain("Unfold", "kernel_size dilation padding stride"),
    **_plain("PixelShuffle", "upscale_factor"),
    **_plain("PixelUnshuffle", "downscale_factor"),
    **_plain("ChannelShuffle", "groups"),
    **_plain("Upsample", "size scale_factor mode align_corners recompute_scale_factor"),
    **_plain("UpsamplingBilinear2d UpsamplingNearest2d", "size scale_factor"),
    # Its targets and lengths may be in CPU memory, so its inputs are not compared as those of other criteria are.
    **_plain("CTCLoss", "blank reduction zero_infinity"),
}

_LOSSES: dict[str, ModuleClass] = {
    **_loss("CrossEntropyLoss", "weight size_average ignore_index reduce reduction label_smoothing", "weight"),
    **_loss("NLLLoss NLLLoss2d", "weight size_average ignore_index reduce reduction", "weight"),
    **_loss("BCELoss MultiLabelSoftMarginLoss", f"weight {_OLD}", "weight"),
    **_loss("BCEWithLogitsLoss", f"weight {_OLD} pos_weight", "weight pos_weight"),
    **_loss("MultiMarginLoss", f"p margin weight {_OLD}", "weight"),
    **_loss("L1Loss MSELoss SoftMarginLoss MultiLabelMarginLoss", _OLD),
    **_loss("SmoothL1Loss", f"{_OLD} beta"),
    **_loss("HuberLoss", "reduction delta"),
    **_loss("KLDivLoss", f"{_OLD} log_target"),
    **_loss("PoissonNLLLoss", "log_input full size_average eps reduce reduction"),
    **_loss("GaussianNLLLoss", "full eps reduction"),
    **_loss("CosineEmbeddingLoss HingeEmbeddingLoss MarginRankingLoss", f"margin {_OLD}"),
    **_loss("TripletMarginLoss", f"margin p eps swap {_OLD}"),
    **_loss("TripletMarginWithDistanceLoss", "distance_function margin swap reduction"),
}

NN_MODULES: dict[str, ModuleClass] = {**_PARAMETRIC, **_CONTAINERS, **_PLAIN, **_LOSSES}
"""By qualified name."""

CONSTANT_START: frozenset[str] = frozenset(name for name in NN_MODULES if "Norm" in name or name.endswith(".PReLU"))
"""Layers whose parameters begin as constants: two new ones compute the same."""
