"""What the forward pass keeps for the backward pass, operation by operation; and the KV cache of inference.

The accounting is that of Korthikanti et al. (2205.05198, section 4): with half-precision numbers, dropout and plain
attention a block keeps s*b*h*(34 + 5*a*s/h) bytes. Here each term stands by itself, because normalisation, gates,
grouped keys and attention kernels change them. Sizes are per sample unless said otherwise.
"""

from __future__ import annotations

from devlint.doctor.memory.amount import NOTHING, Amount
from devlint.doctor.memory.model import Kind, Model
from devlint.doctor.memory.setup import Setup


def tokens_of(model: Model, setup: Setup) -> int:
    """Tokens of a sample."""
    return model.tokens or setup.sequence


def activations(model: Model, setup: Setup) -> Amount | None:
    """What all layers keep for one sample; None if nothing tells."""
    if model.activations_per_sample is not None:  # given in fp32; autocast keeps most of them in half precision
        size = model.activations_per_sample * setup.precision.compute / 4
        return Amount.between(size, size, model.activations_per_sample if setup.precision.copies else size)
    if model.kind is Kind.OTHER or not model.layers:
        return None
    tokens, precision = tokens_of(model, setup), setup.precision
    ends = Amount.exactly((precision.residual + precision.compute) * model.hidden)  # the last normalisation
    checkpoint = Amount.exactly(precision.residual * model.hidden)  # only the input of each block
    kept = (checkpoint if setup.checkpointing else _block(model, setup)) * model.layers
    known = (kept + ends) * tokens
    if not model.guessed:
        return known
    return Amount(int(known.low * 0.8), known.likely, int(known.high * 1.25))  # as far as published shapes spread


def _block(model: Model, setup: Setup) -> Amount:
    """What one block keeps for one token."""
    number, stream = setup.precision.compute, setup.precision.residual
    parts = _norm(model, setup) * 2 + _attention(model, setup) + _mlp(model, setup)
    if model.kind is Kind.ENCODER_DECODER:  # half of the layers attend twice
        parts += (_norm(model, setup) + _attention(model, setup)) * 0.5
    dropout = 0 if model.rms_norm else 2 * model.hidden  # two masks of one byte
    return parts + Amount.between(0, 0, dropout + (stream - number) * model.hidden)


def _norm(model: Model, setup: Setup) -> Amount:
    """The input and the output; RMSNorm as Hugging Face writes it also keeps an fp32 copy and the unscaled output."""
    number, stream = setup.precision.compute, setup.precision.residual
    fused = stream + number
    written_out = 4 + 2 * number
    if not model.rms_norm:
        return Amount.exactly(fused * model.hidden)
    return Amount.between(fused, written_out, max(written_out, fused)) * model.hidden


def _attention(model: Model, setup: Setup) -> Amount:
    """Queries, keys, values and the result; grouped keys may be repeated; without a fused kernel also the scores."""
    number = setup.precision.compute
    queries, keys = model.heads * model.head_size, model.kv_heads * model.head_size
    kept = Amount.between(2 * queries + 2 * keys, 2 * queries + 2 * keys, 4 * queries) * number
    if setup.attention == "eager":  # softmax; its dropout's mask and result; an fp32 copy where softmax is in fp32
        scores = model.heads * tokens_of(model, setup)
        kept += Amount.between(number, 2 * number + 1, 4 + number + 1) * scores
    return kept


def _mlp(model: Model, setup: Setup) -> Amount:
    number, width = setup.precision.compute, model.intermediate * model.experts_used
    return Amount.exactly(model.mlp_tensors * number * width)


def head(model: Model, setup: Setup) -> Amount:
    """What one sample needs between the logits and the gradient of the last layer's output.

    At the peak the log-softmax, its gradient and that of the logits are there, each in fp32: 12 bytes per token and
    word. A loss in half precision takes half of that; a script that still holds the logits takes one more.
    """
    if model.kind not in (Kind.DECODER, Kind.ENCODER_DECODER):
        return NOTHING
    number = setup.precision.compute
    low = 3 * number if not setup.precision.copies else 12
    return Amount.between(low, 12, 12 + number) * (tokens_of(model, setup) * model.vocabulary)


def working_set(model: Model, setup: Setup) -> Amount:
    """One block on its way back: gradients of the MLP's two widest tensors and of the stream.

    With checkpointing, also what the block keeps, which is computed again.
    """
    if not model.layers:
        return NOTHING
    number, stream = setup.precision.compute, setup.precision.residual
    width = 2 * number * model.intermediate * model.experts_used + 2 * stream * model.hidden
    again = _block(model, setup) if setup.checkpointing else NOTHING
    return (Amount.between(0, width, width) + again) * tokens_of(model, setup)


def cache(model: Model, setup: Setup) -> Amount:
    """Keys and values of one sample: 2 * layers * kv_heads * head_size * tokens."""
    if model.kind not in (Kind.DECODER, Kind.ENCODER_DECODER):
        return NOTHING
    numbers = 2 * model.layers * model.kv_heads * model.head_size * tokens_of(model, setup)
    return Amount.exactly(numbers * setup.precision.compute)


def inference_workspace(model: Model, setup: Setup) -> Amount:
    """One block at work on one whole sample, and the logits: of the last token, or at most of all."""
    number = setup.precision.compute
    if not model.layers:
        known = model.activations_per_sample
        return NOTHING if known is None else Amount.between(0, known * number / 8, known * number / 4)
    width = 2 * model.hidden + (3 if model.gated else 2) * model.intermediate * model.experts_used
    block = width * number * tokens_of(model, setup)
    words = 0 if model.kind in (Kind.VISION, Kind.ENCODER) else model.vocabulary
    return Amount.between(0, block + 4 * words, block + (4 + number) * words * tokens_of(model, setup))
