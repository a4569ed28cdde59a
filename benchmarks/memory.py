"""How far is the memory model from measured peaks? Prints both, and the error, for every case.

Run it in an environment with devlint; the figures are those of tests/doctor/memory/data/measured.toml:

    python benchmarks/memory.py

With PyTorch and transformers there, `--measure` measures anew, without a GPU: the CNN and the GPT of that file, and
small models of Hugging Face's classes in several precisions, each two training steps with AdamW under FakeTensorMode
and torch's MemTracker, whose peak of living tensors is compared:

    python benchmarks/memory.py --measure

Context, allocator and workspaces of CUDA are in neither figure. Tensors are on the CPU, where optimizers go layer by
layer (`foreach=False`), and where scaled_dot_product_attention has a fused kernel only without dropout: the cases set
attention dropout to 0.
"""

from __future__ import annotations

import argparse
import json
import tomllib
import warnings
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from devlint.doctor.memory import Amount, Kind, Model, Setup, estimate, model_from_config

MEASURED = Path(__file__).parents[1] / "tests" / "doctor" / "memory" / "data" / "measured.toml"
MIB = 2**20
SMALL = {"hidden_size": 512, "num_hidden_layers": 8, "num_attention_heads": 8}
LLAMA = {**SMALL, "num_key_value_heads": 2, "intermediate_size": 1408, "vocab_size": 8192}
GPT2 = {"n_embd": 512, "n_layer": 8, "n_head": 8, "vocab_size": 8192, "attn_pdrop": 0.0}
NEOX = {**SMALL, "intermediate_size": 2048, "vocab_size": 8192}
BERT = {**SMALL, "intermediate_size": 2048, "attention_probs_dropout_prob": 0.0}
CASES: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    *(
        ("llama", LLAMA, {"dtype": dtype, "checkpointing": checkpointing})
        for dtype in ("fp32", "bf16", "bf16-mixed")
        for checkpointing in (False, True)
    ),
    ("llama", LLAMA, {"dtype": "bf16", "attention": "eager"}),
    ("llama", LLAMA, {"dtype": "bf16", "batch": 1}),
    ("qwen2", LLAMA, {"dtype": "bf16"}),
    ("gpt2", GPT2, {"dtype": "fp32"}),
    ("gpt2", GPT2, {"dtype": "bf16-mixed"}),
    ("gpt_neox", NEOX, {"dtype": "bf16-mixed"}),
    ("bert", BERT, {"dtype": "fp32"}),
    ("bert", BERT, {"dtype": "bf16-mixed"}),
)
"""Model type and config of transformers, and what differs from batch 4 of 512 tokens in a setup."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true", help="measure anew, with PyTorch and transformers")
    rows = measured() if parser.parse_args().measure else published()
    print(f"{'case':<58}{'measured':>10}{'estimate':>10}{'error':>8}  range (MiB)")
    for name, figure, size in rows:
        low, likely, high = (limit / MIB for limit in (size.low, size.likely, size.high))
        outside = "" if low <= figure * 1.001 and figure <= high * 1.001 else "  OUTSIDE"
        error = 100 * (likely - figure) / figure
        print(f"{name:<58}{figure:>10.1f}{likely:>10.1f}{error:>+7.1f}%  {low:.1f} to {high:.1f}{outside}", flush=True)


def published() -> Iterator[tuple[str, float, Amount]]:
    """The figures of the file, and the slope of GPT-2."""
    document = tomllib.loads(MEASURED.read_text(encoding="utf-8"))
    slope: list[tuple[float, Amount]] = []
    for step in document["steps"]:
        model, setup = _model(document, step["model"]), Setup(**step["setup"])
        peak = estimate(model, setup, overhead=False).peak
        yield f"{model.name}, batch {setup.batch}, {setup.dtype}", step["mib"], peak
        if step["model"] == "gpt2" and setup.batch in (8, 10):
            slope.append((step["mib"], peak))
    (first, low), (second, high) = slope
    limits = ((getattr(high, name) - getattr(low, name)) // 2 for name in ("low", "likely", "high"))
    yield "GPT-2: each further sample", (second - first) / 2, Amount(*limits)


def _model(document: dict[str, Any], name: str) -> Model:
    fields = document["models"][name]
    return Model(**{**fields, "kind": Kind(fields.get("kind", "decoder"))})


def measured() -> Iterator[tuple[str, float, Amount]]:
    """Every case of the file on a CPU, and the cases of transformers."""
    warnings.simplefilter("ignore", FutureWarning)  # of transformers, about its own next names
    document = tomllib.loads(MEASURED.read_text(encoding="utf-8"))
    for step in document["steps"]:
        setup = Setup(**{**step["setup"], "foreach": False})
        model = _model(document, step["model"])
        build, batch = _own(model, setup)
        figure = _peak(build, batch, lambda network, data: _loss(network(data[0]), data[1]), setup)
        yield f"{model.name}, batch {setup.batch}, {setup.dtype}", figure, estimate(model, setup, overhead=False).peak
    for kind, config, special in CASES:
        setup = Setup(**{"batch": 4, "sequence": 512, "foreach": False, **special})
        full, build = _of_transformers(kind, config, setup)
        figure = _peak(build, _tokens(kind, setup), lambda network, data: network(**data).loss, setup)
        note = ", ".join(str(value) for value in special.values())
        yield f"{kind} ({note})", figure, estimate(model_from_config(full, kind), setup, overhead=False).peak


def _tokens(kind: str, setup: Setup) -> Callable[[], dict[str, Any]]:
    """Random tokens, and a label for each or, for BERT, for each sample."""
    import torch

    shape = (setup.batch, setup.sequence)
    labels = shape[:1] if kind == "bert" else shape
    return lambda: {"input_ids": torch.randint(9, shape), "labels": torch.randint(2, labels)}


def _peak(
    build: Callable[[], Any], batch: Callable[[], Any], loss_of: Callable[[Any, Any], Any], setup: Setup
) -> float:
    """The peak of the second step, in MiB."""
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.distributed._tools.mem_tracker import MemTracker

    with FakeTensorMode():
        network, data = build(), batch()
        optimizer = torch.optim.AdamW(network.parameters())
        tracker = MemTracker()
        tracker.track_external(network, optimizer)
        with tracker:
            for _ in range(2):
                with torch.autocast("cpu", torch.bfloat16, enabled=setup.dtype == "bf16-mixed"):
                    loss = loss_of(network, data)
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()
                del loss
                tracker.reset_mod_stats()
        snapshot = next(iter(tracker.get_tracker_snapshot("peak").values()))
    return float(next(size for kind, size in snapshot.items() if str(kind) == "Total")) / MIB


def _loss(logits: Any, labels: Any) -> Any:
    import torch

    return torch.nn.functional.cross_entropy(logits.flatten(0, -2), labels.flatten())


def _own(model: Model, setup: Setup) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """The CNN, or a GPT in PyTorch's own layers, and its data."""
    import torch
    from torch import nn

    if model.kind is Kind.OTHER:
        return lambda: _cnn(nn), lambda: (torch.randn(setup.batch, 3, 224, 224), torch.randint(9, (setup.batch,)))
    tokens = (setup.batch, setup.sequence)
    return lambda: _gpt(model, setup.sequence), lambda: (torch.randint(9, tokens), torch.randint(9, tokens))


def _cnn(nn: Any) -> Any:
    channels = (3, 64, 128, 256, 512)
    layers: list[Any] = []
    for number, width in pairwise(channels):
        layers += [nn.Conv2d(number, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512 * 14 * 14, 1000))


def _gpt(model: Model, longest: int) -> Any:
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            width = model.hidden
            self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.up, self.down = nn.Linear(width, model.intermediate), nn.Linear(model.intermediate, width)

        def forward(self, x: Any) -> Any:
            heads = (*x.shape[:2], model.heads, model.head_size)
            q, k, v = (part.view(heads).transpose(1, 2) for part in self.qkv(self.first(x)).split(model.hidden, 2))
            mixed = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.out(mixed.transpose(1, 2).reshape(x.shape))
            return x + self.down(nn.functional.gelu(self.up(self.second(x))))

    class Gpt(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(model.vocabulary, model.hidden)
            self.places = nn.Embedding(longest, model.hidden)
            self.blocks = nn.Sequential(*(Block() for _ in range(model.layers)))
            self.norm, self.head = nn.LayerNorm(model.hidden), nn.Linear(model.hidden, model.vocabulary, bias=False)
            if model.tied:
                self.head.weight = self.words.weight

        def forward(self, tokens: Any) -> Any:
            x = self.words(tokens) + self.places(torch.arange(tokens.shape[1]))
            return self.head(self.norm(self.blocks(x)))

    return Gpt()


def _of_transformers(kind: str, config: dict[str, Any], setup: Setup) -> tuple[dict[str, Any], Callable[[], Any]]:
    """The whole config, and what builds the model."""
    import torch
    import transformers

    full = transformers.CONFIG_MAPPING[kind](**config, use_cache=False)
    classes = transformers.AutoModelForSequenceClassification if kind == "bert" else transformers.AutoModelForCausalLM
    dtype = torch.bfloat16 if setup.dtype == "bf16" else torch.float32

    def build() -> Any:
        model = classes.from_config(full, attn_implementation=setup.attention, dtype=dtype)
        if setup.checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        return model.train()

    return json.loads(full.to_json_string(use_diff=False)), build


if __name__ == "__main__":
    main()
