"""The memory figure of a rehearsal against the same counter on a plain CPU run, for a CNN and a GPT.

    PYTHONPATH=src python benchmarks/rehearse_memory.py            without data only: seconds
    PYTHONPATH=src python benchmarks/rehearse_memory.py --real     and the CPU run of the small batches: a minute, 3 GB

Two steps of AdamW each, peak in MiB. The counter of the CPU run is a dispatch mode which adds up live storages, in
multiples of 512 bytes, and knows nothing of devices. Needs torch.
"""

from __future__ import annotations

import argparse
import time
import weakref
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from devlint.rehearse import pretend

_GRANULE = 512


class Cnn(nn.Module):
    """Four convolutions and two wide linear layers, 101.9 million parameters; images of 3 x 128 x 128."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inside, outside in ((3, 64), (64, 128), (128, 256), (256, 512)):
            layers += [nn.Conv2d(inside, outside, 3, padding=1), nn.BatchNorm2d(outside), nn.ReLU(), nn.MaxPool2d(2)]
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(32768, 3050), nn.ReLU(), nn.Linear(3050, 130))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """The loss."""
        target = torch.zeros(len(images), dtype=torch.long, device=images.device)
        return F.cross_entropy(self.head(self.features(images)), target)


class Block(nn.Module):
    """A transformer block."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The next state."""
        batch, length, width = x.shape
        parts = self.attention(self.first(x)).split(width, 2)
        q, k, v = (each.view(batch, length, self.heads, -1).transpose(1, 2) for each in parts)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.output(y.transpose(1, 2).reshape(batch, length, width))
        return x + self.narrow(F.gelu(self.wide(self.second(x))))


class Gpt(nn.Module):
    """Six blocks of width 512 and a vocabulary of 14,400 with an output layer of its own: 33.9 million parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(14400, 512), nn.Embedding(512, 512)
        self.blocks = nn.Sequential(*(Block(512, 8) for _ in range(6)))
        self.norm, self.head = nn.LayerNorm(512), nn.Linear(512, 14400, bias=False)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """The loss."""
        x = self.tokens(tokens) + self.places(torch.arange(tokens.shape[1], device=tokens.device))
        logits = self.head(self.norm(self.blocks(x)))
        return F.cross_entropy(logits.flatten(0, 1), tokens.flatten())


def images(batch: int) -> torch.Tensor:
    """Random images."""
    return torch.randn(batch, 3, 128, 128)


def tokens(batch: int) -> torch.Tensor:
    """Random tokens."""
    return torch.randint(0, 14400, (batch, 512))


Sample = Callable[[int], torch.Tensor]
ROWS: tuple[tuple[str, type[nn.Module], Sample, int], ...] = (
    ("CNN", Cnn, images, 2),
    ("CNN", Cnn, images, 64),
    ("GPT", Gpt, tokens, 2),
    ("GPT", Gpt, tokens, 8),
)


def train(kind: type[nn.Module], sample: Sample, batch: int, device: str) -> nn.Module:
    """Two steps."""
    torch.manual_seed(0)
    model = kind().to(device)
    optimizer = torch.optim.AdamW(model.parameters(), foreach=False)
    for _ in range(2):
        optimizer.zero_grad()
        model(sample(batch).to(device)).backward()
        optimizer.step()
    return model


class Counter(TorchDispatchMode):
    """Live and peak bytes of all storages that operations return."""

    def __init__(self) -> None:
        super().__init__()
        self.live = self.peak = 0
        self._known: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run it, and count what is new."""
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor) and tensor.untyped_storage()._cdata not in self._known:
                self._count(tensor.untyped_storage())
        return result

    def _count(self, storage: Any) -> None:
        size = -(-storage.nbytes() // _GRANULE) * _GRANULE
        self._known.add(storage._cdata)
        self.live += size
        self.peak = max(self.peak, self.live)
        weakref.finalize(storage, self._gone, storage._cdata, size)

    def _gone(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.live -= size


def rehearsed(kind: type[nn.Module], sample: Sample, batch: int, *, fake: bool) -> int:
    """Peak by a rehearsal, in bytes."""
    with pretend(["H200"], fake_data=fake) as session:
        train(kind, sample, batch, "cuda")
        return session.memory.pools[session.devices[0]].peak


def counted(kind: type[nn.Module], sample: Sample, batch: int) -> int:
    """Peak by the counter on a plain CPU run, in bytes."""
    with Counter() as counter:
        train(kind, sample, batch, "cpu")
    return counter.peak


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--real", action="store_true", help="Run with data too, and the CPU run, where the batch is 2.")
    arguments = parser.parse_args()
    print("| model | parameters | batch | without data | rehearsed with data | plain CPU run | difference |")
    print("|---|---|---|---|---|---|---|")
    for name, kind, sample, batch in ROWS:
        started = time.perf_counter()
        fake = rehearsed(kind, sample, batch, fake=True)
        cells = [f"{fake / 2**20:.1f} ({time.perf_counter() - started:.1f} s)"]
        if arguments.real and batch == ROWS[0][3]:
            real, plain = rehearsed(kind, sample, batch, fake=False), counted(kind, sample, batch)
            cells += [
                f"{real / 2**20:.1f}",
                f"{plain / 2**20:.1f}",
                f"{real / plain - 1:+.2%} / {fake / plain - 1:+.2%}",
            ]
        else:
            cells += ["", "", ""]
        with torch.device("meta"):
            parameters = sum(each.numel() for each in kind().parameters())
        print(f"| {name} | {parameters / 1e6:.1f} M | {batch} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
