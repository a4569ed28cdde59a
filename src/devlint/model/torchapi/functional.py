"""`torch.nn.functional`, `torch.nn.init`, `torch.nn.utils` and their older homes directly under `torch`."""

from __future__ import annotations

from devlint.model.torchapi.schema import Check, Operation, Rank, Returns, op, qualified, spread

_SAME, _SOME, _TUPLE, _FREE = Rank.SAME, Rank.SOME, Returns.TUPLE, Check.FREE

_CONV_PARAMS = "input weight bias stride padding dilation groups"
_TRANSPOSED_PARAMS = "input weight bias stride padding output_padding groups dilation"
_WEIGHTED = "input weight bias"
_CONV = op(_CONV_PARAMS, _WEIGHTED, rank=_SAME, tensors=_WEIGHTED)
_CONV_TRANSPOSE = op(_TRANSPOSED_PARAMS, _WEIGHTED, rank=_SAME, tensors=_WEIGHTED)
_POOL = op("input kernel_size stride padding ceil_mode count_include_pad", rank=_SAME)
_MAX_POOL_PARAMS = "input kernel_size stride padding dilation ceil_mode"
_MAX_POOL = op(_MAX_POOL_PARAMS + " return_indices", rank=_SAME, tuple_if="return_indices")
_ADAPTIVE = op("input output_size", rank=_SAME)
_DIMS = ("1d", "2d", "3d")

_ACTIVATIONS = "hardsigmoid hardswish logsigmoid mish relu relu6 selu sigmoid silu softsign tanh tanhshrink relu_ selu_"


def _f(spec: Operation, names: str) -> dict[str, Operation]:
    return dict(qualified("torch.nn.functional.", spec, names))


def _dims(spec: Operation, stem: str) -> dict[str, Operation]:
    return _f(spec, " ".join(stem + dim for dim in _DIMS))


_LAYERS: dict[str, Operation] = {
    **_f(op(_WEIGHTED, _WEIGHTED, rank=_SAME, tensors=_WEIGHTED), "linear"),
    **_f(op("input1 input2 weight bias", "input1 input2 weight bias", rank=_SAME), "bilinear"),
    **_dims(_CONV, "conv"),
    **_dims(_CONV_TRANSPOSE, "conv_transpose"),
    **_f(op("input weight bias pad", _WEIGHTED, rank=_SAME), "conv_tbc"),
    **_dims(_POOL, "avg_pool"),
    **_dims(_MAX_POOL, "max_pool"),
    **_dims(_ADAPTIVE, "adaptive_avg_pool"),
    **_dims(op("input output_size return_indices", rank=_SAME, tuple_if="return_indices"), "adaptive_max_pool"),
    **_dims(op("input indices kernel_size stride padding output_size", "input indices", rank=_SAME), "max_unpool"),
    **_dims(op("input norm_type kernel_size stride ceil_mode", rank=_SAME), "lp_pool"),
    **_f(
        op("input kernel_size output_size output_ratio return_indices", rank=_SAME, tuple_if="return_indices"),
        "fractional_max_pool2d fractional_max_pool3d",
    ),
    **_f(
        op(
            "input weight padding_idx max_norm norm_type scale_grad_by_freq sparse",
            "input weight",
            rank=Rank.PLUS_ONE,
            indices="input",
            tensors="input weight",
            out_of="weight",
        ),
        "embedding",
    ),
    **_f(
        op("input weight offsets", "input weight offsets", rank=_SOME, indices="input offsets", tensors="input weight"),
        "embedding_bag",
    ),
    **_f(op("tensor num_classes", rank=Rank.PLUS_ONE), "one_hot"),
    **_f(
        op(
            "input running_mean running_var weight bias training momentum eps",
            "input running_mean running_var weight bias",
            rank=_SAME,
            tensors="input running_mean running_var weight bias",
        ),
        "batch_norm",
    ),
    **_f(
        op(
            "input running_mean running_var weight bias use_input_stats momentum eps",
            "input running_mean running_var weight bias",
            rank=_SAME,
        ),
        "instance_norm",
    ),
    **_f(op("input normalized_shape weight bias eps", _WEIGHTED, rank=_SAME, tensors=_WEIGHTED), "layer_norm"),
    **_f(op("input normalized_shape weight eps", "input weight", rank=_SAME, tensors="input weight"), "rms_norm"),
    **_f(op("input num_groups weight bias eps", _WEIGHTED, rank=_SAME, tensors=_WEIGHTED), "group_norm"),
    **_f(op("input size alpha beta k", rank=_SAME), "local_response_norm"),
    **_f(op("input p dim eps", rank=_SAME), "normalize"),
    **_f(
        op(
            "query key value attn_mask dropout_p is_causal",
            "query key value attn_mask",
            rank=_SAME,
            tensors="query key value attn_mask",
        ),
        "scaled_dot_product_attention",
    ),
    **_f(
        op(
            "query key value embed_dim_to_check num_heads in_proj_weight in_proj_bias bias_k bias_v add_zero_attn"
            " dropout_p"
            " out_proj_weight out_proj_bias",
            # Without a joint projection, people pass an empty CPU tensor for its weight.
            "query key value in_proj_bias out_proj_weight out_proj_bias",
            returns=_TUPLE,
        ),
        "multi_head_attention_forward",
    ),
    **_f(
        op("input grid mode padding_mode align_corners", "input grid", rank=_SAME, tensors="input grid"), "grid_sample"
    ),
    **_f(op("theta size align_corners", rank=_SOME), "affine_grid"),
    **_f(op("input size scale_factor mode align_corners", rank=_SAME), "interpolate upsample"),
    **_f(op("input size scale_factor", rank=_SAME), "upsample_nearest upsample_bilinear"),
    **_f(op("input pad mode value", rank=_SAME), "pad"),
    **_f(op("input kernel_size dilation padding stride", rank=_SAME), "unfold"),
    **_f(op("input output_size kernel_size dilation padding stride", rank=_SOME), "fold"),
    **_f(op("input upscale_factor", rank=_SAME), "pixel_shuffle"),
    **_f(op("input downscale_factor", rank=_SAME), "pixel_unshuffle"),
    **_f(op("input groups", rank=_SAME), "channel_shuffle native_channel_shuffle"),
    **_f(op("x1 x2 dim eps", "x1 x2", tensors="x1 x2"), "cosine_similarity"),
    **_f(op("x1 x2 p eps keepdim", "x1 x2", Check.ITERATOR, tensors="x1 x2"), "pairwise_distance"),
    **_f(op("input p", rank=Rank.ONE), "pdist"),
    **_f(op("mat_a mat_b offs bias", "mat_a mat_b offs bias", rank=_SOME), "grouped_mm"),
    **_f(op("mat_a mat_b scale_a scale_recipe_a scale_b", "mat_a mat_b", rank=Rank.TWO), "scaled_mm"),
}

_POINTWISE: dict[str, Operation] = {
    **_f(op("input inplace", rank=_SAME), _ACTIVATIONS),
    **_f(op("input approximate", rank=_SAME), "gelu"),
    **_f(op("input alpha inplace", rank=_SAME), "celu celu_ elu elu_"),
    **_f(op("input negative_slope inplace", rank=_SAME), "leaky_relu leaky_relu_"),
    **_f(op("input min_val max_val inplace", rank=_SAME), "hardtanh hardtanh_"),
    **_f(op("input lambd", rank=_SAME), "hardshrink softshrink"),
    **_f(op("input beta threshold", rank=_SAME), "softplus"),
    **_f(op("input threshold value inplace", rank=_SAME), "threshold threshold_"),
    **_f(op("input lower upper training inplace", rank=_SAME), "rrelu rrelu_"),
    **_f(op("input weight", "input weight", rank=_SAME, tensors="input weight"), "prelu"),
    **_f(op("input dim", rank=_SAME), "glu"),
    **_f(op("input dim _stacklevel dtype", rank=_SAME), "softmax softmin log_softmax"),
    **_f(op("logits tau hard eps dim", rank=_SAME), "gumbel_softmax"),
    **_f(
        op("input p training inplace", rank=_SAME),
        "dropout alpha_dropout feature_alpha_dropout dropout1d dropout2d dropout3d",
    ),
}

# The same functions as native operations; where the order differs, it is the native one.
_NATIVE_NORM = "input weight bias running_mean running_var"
NATIVE: dict[str, Operation] = {
    **spread(_CONV, "torch.conv1d torch.conv2d torch.conv3d"),
    **spread(_CONV_TRANSPOSE, "torch.conv_transpose1d torch.conv_transpose2d torch.conv_transpose3d"),
    **spread(op("input weight bias pad", _WEIGHTED, rank=_SAME), "torch.conv_tbc"),
    **spread(op("input kernel_size stride padding ceil_mode count_include_pad", rank=_SAME), "torch.avg_pool1d"),
    **spread(op(_MAX_POOL_PARAMS, rank=_SAME), "torch.max_pool1d torch.max_pool2d torch.max_pool3d"),
    **spread(_ADAPTIVE, "torch.adaptive_avg_pool1d"),
    **spread(op("input output_size", returns=_TUPLE), "torch.adaptive_max_pool1d"),
    **spread(op(_NATIVE_NORM + " training momentum eps cudnn_enabled", _NATIVE_NORM, rank=_SAME), "torch.batch_norm"),
    **spread(
        op(
            "input weight bias running_mean running_var use_input_stats momentum eps cudnn_enabled",
            _NATIVE_NORM,
            rank=_SAME,
        ),
        "torch.instance_norm",
    ),
    **spread(op("input normalized_shape weight bias eps cudnn_enable", _WEIGHTED, rank=_SAME), "torch.layer_norm"),
    **spread(op("input num_groups weight bias eps cudnn_enabled", _WEIGHTED, rank=_SAME), "torch.group_norm"),
    **spread(op("input normalized_shape weight eps", "input weight", rank=_SAME), "torch.rms_norm"),
    **spread(op("input1 input2 weight bias", "input1 input2 weight bias", rank=_SAME), "torch.bilinear"),
    **spread(op("input weight", "input weight", rank=_SAME, tensors="input weight"), "prelu"),
    **spread(
        op("input p train", rank=_SAME),
        "torch.dropout torch.alpha_dropout torch.feature_dropout torch.feature_alpha_dropout",
    ),
    **spread(op("input alpha", rank=_SAME), "torch.celu"),
    **spread(op("input threshold value", rank=_SAME), "torch.threshold"),
    **spread(op("input lower upper training", rank=_SAME), "torch.rrelu"),
    **spread(op("input upscale_factor", rank=_SAME), "torch.pixel_shuffle"),
    **spread(op("input downscale_factor", rank=_SAME), "torch.pixel_unshuffle"),
    **spread(op("input groups", rank=_SAME), "torch.channel_shuffle"),
    **spread(op("x1 x2 dim eps", "x1 x2", tensors="x1 x2"), "torch.cosine_similarity"),
    **spread(op("x1 x2 p eps keepdim", "x1 x2", Check.ITERATOR, tensors="x1 x2"), "torch.pairwise_distance"),
    **spread(op("theta size align_corners", rank=_SOME), "torch.affine_grid_generator"),
    **spread(
        op("input grid interpolation_mode padding_mode align_corners", "input grid", rank=_SAME), "torch.grid_sampler"
    ),
    **spread(op("input pad value", rank=_SAME), "torch.constant_pad_nd"),
    **spread(
        op("weight indices offsets", "weight indices offsets", returns=_TUPLE, indices="indices offsets"),
        "torch.embedding_bag",
    ),
    **spread(op("data reduce", "data"), "torch.segment_reduce"),
    **spread(op("input normalized_shape weight bias eps", _WEIGHTED, returns=_TUPLE), "torch.native_layer_norm"),
    **spread(
        op("input target weight pos_weight reduction", "input target weight pos_weight", Check.ITERATOR),
        "torch.binary_cross_entropy_with_logits",
    ),
    **spread(
        op("input hx w_ih w_hh b_ih b_hh", "input hx w_ih w_hh b_ih b_hh", rank=_SAME),
        "torch.gru_cell torch.rnn_tanh_cell torch.rnn_relu_cell",
    ),
    **spread(op("input hx w_ih w_hh b_ih b_hh", "input w_ih w_hh b_ih b_hh", returns=_TUPLE), "torch.lstm_cell"),
}

_UTILITIES: dict[str, Operation] = {
    **qualified(
        "torch.nn.utils.rnn.",
        op("input lengths batch_first enforce_sorted", returns=Returns.UNKNOWN, host="lengths"),
        "pack_padded_sequence",
    ),
    # It fills a tensor on the device of the first item by copying.
    **qualified(
        "torch.nn.utils.rnn.",
        op("sequences batch_first padding_value", check=_FREE, rank=_SOME, sequences="sequences", out_of="sequences"),
        "pad_sequence",
    ),
    **qualified(
        "torch.nn.utils.rnn.",
        op("sequences enforce_sorted", check=_FREE, returns=Returns.UNKNOWN, sequences="sequences"),
        "pack_sequence",
    ),
    **qualified(
        "torch.nn.utils.rnn.", op("sequence batch_first", check=_FREE, returns=Returns.UNKNOWN), "pad_packed_sequence"
    ),
    **qualified(
        "torch.nn.utils.",
        op("parameters", rank=Rank.ONE, sequences="parameters", tensors="parameters"),
        "parameters_to_vector",
    ),
    **qualified(
        "torch.nn.utils.",
        op("vec parameters", check=_FREE, returns=Returns.NOTHING, sequences=""),
        "vector_to_parameters",
    ),
    **qualified(
        "torch.nn.utils.", op("parameters max_norm norm_type", check=_FREE, returns=Returns.UNKNOWN), "clip_grad_norm_"
    ),
    **qualified(
        "torch.nn.utils.", op("parameters clip_value", check=_FREE, returns=Returns.NOTHING), "clip_grad_value_"
    ),
}

_INIT = "torch.nn.init."
_INITIALISERS: dict[str, Operation] = {
    **qualified(_INIT, op("tensor val", rank=_SAME), "constant_"),
    **qualified(_INIT, op("tensor mean std", rank=_SAME), "normal_"),
    **qualified(_INIT, op("tensor a b", rank=_SAME), "uniform_"),
    **qualified(_INIT, op("tensor mean std a b", rank=_SAME), "trunc_normal_"),
    **qualified(_INIT, op("tensor a mode nonlinearity", rank=_SAME), "kaiming_normal_ kaiming_uniform_"),
    **qualified(_INIT, op("tensor gain", rank=_SAME), "xavier_normal_ xavier_uniform_ orthogonal_"),
    **qualified(_INIT, op("tensor sparsity std", rank=_SAME), "sparse_"),
    **qualified(_INIT, op("tensor groups", rank=_SAME), "dirac_"),
    **qualified(_INIT, op("tensor", rank=_SAME), "zeros_ ones_ eye_"),
}

FUNCTIONAL: dict[str, Operation] = {**_LAYERS, **_POINTWISE, **_UTILITIES, **_INITIALISERS}
