"""A model from Hugging Face's config.json on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from devlint.doctor.memory.architectures import FAMILIES, Config, Family, Shape, find_number, parameters_of, patches_of
from devlint.doctor.memory.model import Kind, Model, mlp_tensors


class ModelError(ValueError):
    """A model that nothing can be said about; the message is one complete line."""


def read_model(path: Path | str) -> Model:
    """The model that a config.json, or the folder it lies in, describes. Raises ModelError."""
    file = Path(path) / "config.json" if Path(path).is_dir() else Path(path)
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{file}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ModelError(f"{file}: not valid JSON: {error}") from None
    if not isinstance(config, Mapping):
        raise ModelError(f"{file}: not a model's config: expected an object")
    try:
        return model_from_config(config, str(file))
    except ModelError as error:
        raise ModelError(f"{file}: {error}") from None


def model_from_config(config: Config, name: str = "config") -> Model:
    """The model of a config. Raises ModelError if its architecture is not known or a number is missing."""
    config = config.get("text_config", config) if config.get("model_type") in ("gemma3", "mistral3") else config
    kind = config.get("model_type")
    if kind not in FAMILIES:
        known = ", ".join(sorted(FAMILIES))
        raise ModelError(f"the architecture `{kind}` is not known to devlint ({known}): give --params and --hidden")
    family = FAMILIES[kind]
    if family.kind is Kind.ENCODER_DECODER:
        family = _gated_by_name(family, config)
    shape = _shape(family, config)
    return Model(
        name=name,
        parameters=parameters_of(family, shape, config),
        kind=family.kind,
        largest_layer=_largest_layer(shape, config),
        layers=shape.layers * (2 if family.kind is Kind.ENCODER_DECODER else 1),
        hidden=shape.hidden,
        heads=shape.heads,
        kv_heads=shape.kv_heads,
        head_size=shape.head_size,
        intermediate=shape.intermediate,
        gated=family.gated,
        mlp_tensors=mlp_tensors(_activation(config), gated=family.gated),
        rms_norm=family.rms,
        tied=bool(config.get("tie_word_embeddings", family.tied)),
        experts_used=int(config.get("num_experts_per_tok", 1)) if shape.experts else 1,
        vocabulary=shape.vocabulary,
        tokens=patches_of(config) + 1 if family.kind is Kind.VISION else None,
        longest=shape.longest or None,
    )


def _gated_by_name(family: Family, config: Config) -> Family:
    projection = config.get("feed_forward_proj")
    return family if projection is None else replace(family, gated=str(projection).startswith("gated"))


def _activation(config: Config) -> str:
    """The MLP's activation by its name in transformers."""
    keys = ("hidden_act", "activation_function", "hidden_activation", "dense_act_fn", "activation")
    default = "gelu_new" if config.get("model_type") in ("gpt2", "gpt_neo", "gptj", "phi") else "gelu"
    return next((str(config[key]) for key in keys if config.get(key)), default)


def _shape(family: Family, config: Config) -> Shape:
    def number(what: str) -> int:
        value = find_number(config, what)
        if value is None or value < 1:
            raise ModelError(f"the config does not say its {what.replace('_', ' ')}")
        return value

    hidden, heads = number("hidden"), number("heads")
    experts = find_number(config, "experts") or 0
    width = config.get("moe_intermediate_size") if experts else None
    mlp_ratio = config.get("mlp_ratio", 4)  # dinov2 says the width of its MLP so
    return Shape(
        hidden=hidden,
        layers=number("layers"),
        heads=heads,
        kv_heads=find_number(config, "kv_heads") or heads,
        head_size=find_number(config, "head_size") or hidden // heads,
        intermediate=width or find_number(config, "intermediate") or int(mlp_ratio * hidden),
        vocabulary=0 if family.kind is Kind.VISION else number("vocabulary"),
        longest=find_number(config, "longest") or (0 if family.positions is None else number("longest")),
        experts=experts,
    )


def _largest_layer(shape: Shape, config: Mapping[str, Any]) -> int:
    """The most parameters of one layer: the embedding, the widest projection, or a block's experts."""
    fused = 3 if config.get("model_type") in ("gpt2", "gpt_neox", "bloom") else 1
    experts = 3 * shape.intermediate * shape.experts  # one module holds those of a block (transformers 5)
    widths = (shape.vocabulary, shape.intermediate, experts, fused * shape.heads * shape.head_size)
    return max(widths) * shape.hidden
