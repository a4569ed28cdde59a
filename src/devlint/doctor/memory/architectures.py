"""The transformer families of Hugging Face's config.json: how their shape makes their number of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devlint.doctor.memory.model import Kind

Config = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What the models of one `model_type` have in common.

    `norms` counts the normalisations of a block. The `*_bias` say which projections have biases, unless the config's
    own keys do. `tied`: the head shares the embedding's weights, unless the config says so. `positions` are learned
    position embeddings beyond `max_position_embeddings` (None: there are none). `extra` are further parameters, by
    (config, hidden size).
    """

    kind: Kind = Kind.DECODER
    gated: bool = False
    rms: bool = False
    norms: int = 2
    norm_bias: bool = True
    qkv_bias: bool = False
    out_bias: bool = False
    mlp_bias: bool = False
    head_bias: bool = False
    qk_norm: bool = False
    final_norm: bool = True
    tied: bool = False
    positions: int | None = None
    extra: str = ""


_LLAMA = Family(gated=True, rms=True)
_GPT2 = Family(qkv_bias=True, out_bias=True, mlp_bias=True, tied=True, positions=0)
_BERT = Family(
    kind=Kind.ENCODER, qkv_bias=True, out_bias=True, mlp_bias=True, final_norm=False, tied=True, positions=0,
    extra="bert",
)  # fmt: skip
_VIT = Family(kind=Kind.VISION, qkv_bias=True, out_bias=True, mlp_bias=True, extra="vit")
_T5 = Family(kind=Kind.ENCODER_DECODER, rms=True, tied=True, extra="t5")

FAMILIES: dict[str, Family] = {
    "llama": _LLAMA,
    "mistral": _LLAMA,
    "mixtral": _LLAMA,
    "phi3": _LLAMA,
    "qwen2": Family(gated=True, rms=True, qkv_bias=True),
    "qwen3": Family(gated=True, rms=True, qk_norm=True),
    "qwen3_moe": Family(gated=True, rms=True, qk_norm=True),
    "gemma": Family(gated=True, rms=True, tied=True),
    "gemma2": Family(gated=True, rms=True, tied=True, norms=4),
    "gemma3_text": Family(gated=True, rms=True, tied=True, norms=4, qk_norm=True),
    "stablelm": Family(gated=True),
    "starcoder2": Family(qkv_bias=True, out_bias=True, mlp_bias=True, tied=True),
    "gpt2": _GPT2,
    "gpt_neo": Family(out_bias=True, mlp_bias=True, tied=True, positions=0),
    "gptj": Family(mlp_bias=True, head_bias=True, norms=1),
    "gpt_neox": Family(qkv_bias=True, out_bias=True, mlp_bias=True),
    "phi": Family(qkv_bias=True, out_bias=True, mlp_bias=True, head_bias=True, norms=1),
    "opt": Family(qkv_bias=True, out_bias=True, mlp_bias=True, tied=True, positions=2),
    "bloom": Family(qkv_bias=True, out_bias=True, mlp_bias=True, tied=True, extra="bloom"),
    "bert": _BERT,
    "roberta": _BERT,
    "xlm-roberta": _BERT,
    "camembert": _BERT,
    "distilbert": Family(
        kind=Kind.ENCODER, qkv_bias=True, out_bias=True, mlp_bias=True, final_norm=False, tied=True, positions=0,
        extra="distilbert",
    ),
    "vit": _VIT,
    "deit": Family(kind=Kind.VISION, qkv_bias=True, out_bias=True, mlp_bias=True, extra="deit"),
    "dinov2": Family(kind=Kind.VISION, qkv_bias=True, out_bias=True, mlp_bias=True, extra="dinov2"),
    "t5": _T5,
    "mt5": Family(kind=Kind.ENCODER_DECODER, rms=True, gated=True, extra="t5"),
}  # fmt: skip

_KEYS: dict[str, tuple[str, ...]] = {
    "hidden": ("hidden_size", "n_embd", "d_model", "dim"),
    "layers": ("num_hidden_layers", "n_layer", "num_layers", "n_layers"),
    "heads": ("num_attention_heads", "n_head", "num_heads", "n_heads"),
    "kv_heads": ("num_key_value_heads",),
    "head_size": ("head_dim", "d_kv"),
    "intermediate": ("intermediate_size", "n_inner", "ffn_dim", "d_ff", "hidden_dim"),
    "experts": ("num_local_experts", "num_experts"),
    "vocabulary": ("vocab_size",),
    "longest": ("max_position_embeddings", "n_positions", "n_ctx"),
}


def find_number(config: Config, what: str) -> int | None:
    """A number of the config by any of the names that families give it."""
    values = (config.get(key) for key in _KEYS[what])
    return next((value for value in values if isinstance(value, int) and not isinstance(value, bool)), None)


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers of one config."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    intermediate: int
    vocabulary: int
    longest: int
    experts: int


def parameters_of(family: Family, shape: Shape, config: Config) -> int:
    """All parameters, shared ones once."""
    hidden = shape.hidden
    blocks = _encoder_decoder(family, shape) if family.kind is Kind.ENCODER_DECODER else _block(family, shape, config)
    words = shape.vocabulary * hidden if family.kind is not Kind.VISION else 0
    speaks = family.kind in (Kind.DECODER, Kind.ENCODER_DECODER)
    has_head = speaks and not config.get("tie_word_embeddings", family.tied)
    places = 0 if family.positions is None else (shape.longest + family.positions) * hidden
    total = shape.layers * blocks + words * (2 if has_head else 1) + places + _extra(family.extra, config, shape)
    if family.final_norm and family.kind is not Kind.ENCODER_DECODER:
        total += _norm(family, hidden)
    return total + (shape.vocabulary if family.head_bias else 0)


def _norm(family: Family, hidden: int) -> int:
    return hidden * (1 if family.rms or not family.norm_bias else 2)


def _block(family: Family, shape: Shape, config: Config) -> int:
    """One block: attention, MLP or experts with their router, normalisations."""
    queries, keys = shape.heads * shape.head_size, shape.kv_heads * shape.head_size
    attention = shape.hidden * (2 * queries + 2 * keys)
    if config.get("attention_bias", config.get("use_qkv_bias", config.get("qkv_bias", family.qkv_bias))):
        attention += queries + 2 * keys
    if config.get("attention_bias", config.get("use_bias", family.out_bias)) or family.out_bias:
        attention += shape.hidden
    if family.qk_norm:
        attention += 2 * shape.head_size
    mlp = _mlp(family, shape, config) * max(1, shape.experts) + shape.hidden * shape.experts
    return attention + mlp + family.norms * _norm(family, shape.hidden)


def _mlp(family: Family, shape: Shape, config: Config) -> int:
    width = shape.intermediate
    size = (3 if family.gated else 2) * shape.hidden * width
    if config.get("mlp_bias", config.get("use_bias", family.mlp_bias)):
        size += width * (2 if family.gated else 1) + shape.hidden
    return size


def _encoder_decoder(family: Family, shape: Shape) -> int:
    """A pair of encoder and decoder block: three attentions, two MLPs, five normalisations."""
    inner = shape.heads * shape.head_size
    mlp = (3 if family.gated else 2) * shape.hidden * shape.intermediate
    return 3 * 4 * shape.hidden * inner + 2 * mlp + 5 * shape.hidden


def _extra(what: str, config: Config, shape: Shape) -> int:
    """Parameters that only some families have."""
    hidden = shape.hidden
    patches = hidden * int(config.get("num_channels", 3)) * int(config.get("patch_size", 16)) ** 2 + hidden
    match what:
        case "bert":  # token types, the embeddings' normalisation, the pooler
            return (int(config.get("type_vocab_size", 2)) + 2) * hidden + hidden * (hidden + 1)
        case "distilbert" | "bloom":  # the embeddings' normalisation
            return 2 * hidden
        case "vit":  # patches, class token, positions, pooler
            return patches + hidden + (patches_of(config) + 1) * hidden + hidden * (hidden + 1)
        case "deit":  # a distillation token more
            return patches + 2 * hidden + (patches_of(config) + 2) * hidden + hidden * (hidden + 1)
        case "dinov2":  # mask token; two scales a layer; no pooler
            return patches + 2 * hidden + (patches_of(config) + 1) * hidden + 2 * hidden * shape.layers
        case "t5":  # final normalisations, relative positions of both stacks
            return 2 * hidden + 2 * int(config.get("relative_attention_num_buckets", 32)) * shape.heads
        case _:
            return 0


def patches_of(config: Config) -> int:
    """How many patches an image is cut into."""
    return (int(config.get("image_size", 224)) // int(config.get("patch_size", 16))) ** 2
