"""What crosses between host and device, each kind at its place."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from devlint.rehearse import pretend  # noqa: E402
from devlint.rehearse.traffic import Kind  # noqa: E402

CASES: dict[str, tuple[Callable[[Any], object], Kind | None]] = {
    "item": (lambda x: x[0, 0].item(), Kind.VALUE),
    "truth": (lambda x: bool(x[0, 0] > 1), Kind.VALUE),
    "float": (lambda x: float(x.sum()), Kind.VALUE),
    "equal": (lambda x: torch.equal(x, x.clone()), Kind.VALUE),
    "nonzero": (lambda x: x.nonzero(), Kind.SHAPE),
    "mask": (lambda x: x[x > 0], Kind.SHAPE),
    "masked_select": (lambda x: x.masked_select(x > 0), Kind.SHAPE),
    "unique": (lambda x: torch.unique(x), Kind.SHAPE),
    "cpu": (lambda x: x.cpu(), Kind.TO_HOST),
    "to": (lambda x: x.to("cpu"), Kind.TO_HOST),
    "tolist": (lambda x: x.tolist(), Kind.TO_HOST),
    "print": (lambda x: print(x), Kind.PRINT),
    "to device": (lambda x: torch.ones(3).to(x.device), Kind.TO_DEVICE),
    "copy_": (lambda x: x.copy_(torch.ones(2, 2)), Kind.TO_DEVICE),
    "set by mask": (lambda x: x.__setitem__(x > 0, 1.0), None),
    "index": (lambda x: x[torch.zeros(2, dtype=torch.long, device="cuda")], None),
    "sum": (lambda x: x.sum() + 1, None),
    "of the host": (lambda x: torch.ones(2).sum().item(), None),
    "same device": (lambda x: x.to("cuda"), None),
}


@pytest.mark.parametrize("name", CASES)
def test_kind(name: str) -> None:
    action, kind = CASES[name]
    with pretend() as session, contextlib.redirect_stdout(io.StringIO()):
        x = torch.ones(2, 2, device="cuda")
        action(x)
    found = session.traffic.crossings()
    assert [each.kind for each in found] == ([kind] if kind else [])
    assert all(each.count == 1 and "test_traffic.py" in each.name for each in found)


def test_each_step_leaves_out_what_is_done_once() -> None:
    with pretend() as session:
        model = torch.nn.Linear(2, 1).to("cuda")
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(4):
            loss = model(torch.ones(8, 2).to("cuda")).sum()
            loss.backward()
            optimizer.step()
            loss.item()
    found = {each.text: each for each in session.traffic.crossings()}
    assert (found["loss.item()"].each_step, found["loss.item()"].count) == (1, 4)
    copies = found['torch.ones(8, 2).to("cuda")']
    assert (copies.each_step, copies.size) == (1, 4 * 8 * 2 * 4)
    assert found['torch.nn.Linear(2, 1).to("cuda")'].each_step == 0
