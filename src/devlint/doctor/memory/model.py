"""What the memory of a model depends on: its number of parameters and its shape."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass


class Kind(enum.StrEnum):
    """What a model does, which decides whether it makes logits over a vocabulary and a KV cache."""

    DECODER = "decoder"
    ENCODER = "encoder"
    ENCODER_DECODER = "encoder-decoder"
    VISION = "vision"
    OTHER = "other"
    """No transformer, such as a convolutional network: only `activations_per_sample` tells its activations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model by its shape; 0 where it has no such thing.

    `parameters` counts shared ones once; `largest_layer` is the most that one layer (module) has for itself.
    `intermediate` is the width inside the MLP, `gated` whether that has a gate as Llama's does, `mlp_tensors` how many
    tensors of that width backward needs; `experts_used` is how many experts each token passes. `rms_norm`: normalised
    as in Llama, not by LayerNorm. `tied`: the head shares the embedding's weights. `tokens` is the fixed number of
    tokens of a sample, for vision models, and `longest` the most that it can take. `activations_per_sample` are bytes
    in fp32 that the backward pass needs, where the user knows them. `guessed` is True where only the number of
    parameters is known.
    """

    name: str
    parameters: int
    kind: Kind = Kind.DECODER
    largest_layer: int = 0
    layers: int = 0
    hidden: int = 0
    heads: int = 0
    kv_heads: int = 0
    head_size: int = 0
    intermediate: int = 0
    gated: bool = False
    mlp_tensors: int = 2
    rms_norm: bool = False
    tied: bool = False
    experts_used: int = 1
    vocabulary: int = 0
    tokens: int | None = None
    longest: int | None = None
    activations_per_sample: int | None = None
    guessed: bool = False


_PUBLISHED = (
    (124e6, 12), (355e6, 24), (1.3e9, 24), (2.7e9, 32), (6.7e9, 32), (13e9, 40), (32.5e9, 60), (65e9, 80),
    (175e9, 96), (405e9, 126),
)  # fmt: skip
"""Parameters and layers of GPT-2 (Radford 2019), GPT-3 (Brown 2020, table 2.1), LLaMA (2302.13971) and Llama 3.1."""


def model_of_size(
    parameters: int,
    *,
    hidden: int | None = None,
    layers: int | None = None,
    heads: int | None = None,
    vocabulary: int | None = None,
) -> Model:
    """A decoder of that many parameters in the shape that published models of this size have, or in the shape given.

    Of P parameters about 12 * layers * hidden^2 are in the blocks (attention 4, MLP 8), the rest in the embeddings.
    """
    large = parameters > 2e9  # since Llama, a gated MLP of 8/3 h and RMSNorm are usual for these
    words = vocabulary or (32_000 if large else 50_257)
    depth = layers or _usual_layers(parameters)
    width = hidden or _width(parameters, depth, words)
    count = heads or max(1, width // (128 if large else 64))
    return Model(
        name="given by its number of parameters",
        parameters=parameters,
        largest_layer=max(words, 4 * width) * width,
        layers=depth,
        hidden=width,
        heads=count,
        kv_heads=count,
        head_size=width // count,
        intermediate=8 * width // 3 if large else 4 * width,
        gated=large,
        mlp_tensors=mlp_tensors("silu" if large else "gelu", gated=large),
        rms_norm=large,
        tied=not large,
        vocabulary=words,
        guessed=hidden is None or layers is None,
    )


def mlp_tensors(activation: str, *, gated: bool) -> int:
    """How many wide tensors an MLP keeps: input and result of the activation; of ReLU one is both.

    A gate adds the other factor and the product. GELU by tanh written out in Python (`gelu_new`) keeps three more.
    """
    base = 1 if activation.startswith("relu") else 2
    return base + (2 if gated else 0) + (3 if activation in ("gelu_new", "gelu_fast", "quick_gelu") else 0)


def _usual_layers(parameters: int) -> int:
    """The depth of the published model nearest in size; fewer for smaller ones, as the cube root of the size."""
    smallest, fewest = _PUBLISHED[0]
    if parameters < smallest:
        cube_root: float = (parameters / smallest) ** (1 / 3)
        return max(2, round(fewest * cube_root))
    return min(_PUBLISHED, key=lambda each: abs(math.log(each[0] / parameters)))[1]


def _width(parameters: int, layers: int, vocabulary: int) -> int:
    """The hidden size that solves 12 L h^2 + V h = P, rounded to a multiple of 64 or 128, a usual size of heads."""
    root = math.sqrt(vocabulary**2 + 48 * layers * parameters)
    unit = 128 if parameters > 2e9 else 64
    return max(unit, round((root - vocabulary) / (24 * layers) / unit) * unit)
