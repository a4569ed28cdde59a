"""The largest batch that fits, and batches of another size."""

from __future__ import annotations

from collections import UserDict
from pathlib import Path
from typing import NamedTuple

import pytest

torch = pytest.importorskip("torch")

from devlint.rehearse.memory import batch as search  # noqa: E402
from devlint.rehearse.memory.batch import CannotFit, largest_batch, with_option  # noqa: E402
from devlint.rehearse.memory.ledger import CONTEXT  # noqa: E402
from devlint.rehearse.run import Job  # noqa: E402
from devlint.rehearse.surface._batches import resized  # noqa: E402

MIB = 1 << 20
PEAKS = {
    "linear": lambda size: (100 + 3 * size) * MIB,
    "flat at first": lambda size: max(500, 10 + 3 * size) * MIB,
    "steeper later": lambda size: (100 + 2 * size + max(0, size - 100) ** 2 // 100) * MIB,
}


@pytest.mark.parametrize("shape", PEAKS)
def test_search_ends_at_the_largest(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_peak", lambda job, how, size: PEAKS[shape](size))
    found = largest_batch(Job("train.py"), "loader", CONTEXT + 2000 * MIB)
    assert PEAKS[shape](found.size) <= 2000 * MIB < PEAKS[shape](found.size + 1)
    assert len(found.peaks) <= (6 if shape == "linear" else 20)


def test_what_cannot_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_peak", lambda job, how, size: 3000 * MIB)
    with pytest.raises(CannotFit, match="not even a batch of|no end is in sight"):
        largest_batch(Job("train.py"), "loader", CONTEXT + 2000 * MIB)


@pytest.mark.parametrize(
    ("before", "option", "after"),
    [
        ((), "--bs", ("--bs", "8")),
        ((), "--bs=", ("--bs=8",)),
        (("--lr", "1", "--bs", "4"), "--bs", ("--lr", "1", "--bs", "8")),
        (("--bs=4", "x"), "--bs", ("--bs=8", "x")),
    ],
)
def test_option_of_the_script(before: tuple[str, ...], option: str, after: tuple[str, ...]) -> None:
    assert with_option(before, option, 8) == after


class Pair(NamedTuple):
    image: torch.Tensor
    label: torch.Tensor


@pytest.mark.parametrize("size", [2, 7])
def test_resized(size: int) -> None:
    image, label, scale = torch.randn(3, 5), torch.arange(3), torch.tensor(1.0)
    pair = resized(Pair(image, label), size, None)
    assert isinstance(pair, Pair) and pair.image.shape == (size, 5)
    assert pair.label.tolist() == [index % 3 for index in range(size)]
    mixed = resized({"x": image, "weights": torch.ones(4), "scale": scale, "name": "a"}, size, None)
    assert mixed["x"].shape == (size, 5) and len(mixed["weights"]) == 4 and mixed["scale"] is scale
    assert resized(UserDict(x=image), size, None)["x"].shape == (size, 5)


SCRIPT = """\
import argparse, torch
parser = argparse.ArgumentParser()
parser.add_argument("--bs", type=int, default=4)
data = torch.utils.data.TensorDataset(torch.ones(64, 1024))
loader = torch.utils.data.DataLoader(data, batch_size=parser.parse_args().bs)
model = torch.nn.Linear(1024, 1024).to("cuda")
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for (x,) in loader:
    optimizer.zero_grad()
    model(x.to("cuda")).square().mean().backward()
    optimizer.step()
"""


@pytest.mark.slow
def test_by_the_loader(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(SCRIPT, encoding="utf-8")
    found = largest_batch(Job(str(path)), "loader", CONTEXT + 100 * MIB)
    assert found.peak <= found.room < found.peak + 2 * found.each_sample
    assert found.each_sample == pytest.approx(5 * 4096, rel=0.25)
