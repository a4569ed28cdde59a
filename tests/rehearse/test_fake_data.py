"""`--fake-data`: shapes, devices and memory without values."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

from devlint.rehearse import Session, pretend  # noqa: E402
from devlint.rehearse.cards import Card  # noqa: E402
from devlint.rehearse.fake import is_fake  # noqa: E402

HUGE = Card("Huge", 1 << 40, (8, 0))


@pytest.fixture
def session():
    """A session without data, on a card for which nothing is too large."""
    with pretend([HUGE], fake_data=True) as running:
        yield running


def peak(session: Session) -> int:
    return session.memory.pools[session.devices[0]].peak


def test_what_is_real_and_what_is_not(session: Session) -> None:
    assert not is_fake(torch.ones(8)) and torch.ones(8).tolist() == [1.0] * 8
    assert is_fake(torch.ones(8, device="cuda")) and is_fake(torch.ones(1 << 20))
    moved = torch.ones(8).to("cuda")
    assert is_fake(moved) and moved.device == torch.device("cuda:0")
    back = moved.cpu()
    assert not is_fake(back) and back.device == torch.device("cpu")
    assert back.numpy().shape == (8,)


@pytest.mark.parametrize("where", ["cpu", "cuda"])
def test_a_model_of_ten_billion_parameters(session: Session, where: str) -> None:
    with torch.device(where):
        model = nn.Sequential(nn.Linear(50_000, 100_000), nn.ReLU(), nn.Linear(100_000, 50_000))
    model = model.to("cuda")
    optimizer = torch.optim.AdamW(model.parameters())
    assert {str(each.device) for each in model.parameters()} == {"cuda:0"}
    model(torch.randn(4, 50_000, device="cuda")).square().mean().backward()
    optimizer.step()
    assert peak(session) >= 16 * 10_000_000_000
    assert session.findings == ()


def test_mismatches_are_found_without_data(session: Session) -> None:
    model = nn.Linear(4, 4).to("cuda")
    model(torch.ones(2, 4))
    assert [finding.code for finding in session.findings] == ["XDR101"]


def test_values_are_invented_and_noted(session: Session) -> None:
    x = torch.ones(4, 4, device="cuda")
    assert x.sum().item() == 0.5 and x.long().sum().item() == 0 and not bool((x > 2).any())
    assert x[x > 0].shape == (16,) and x.nonzero().shape == (16, 2)
    assert x.tolist() == [[0.5] * 4] * 4
    assert sum(count for _, _, count in session.fake.places()) == 6
    assert all("test_fake_data.py" in place for place, _, _ in session.fake.places())


def test_a_scaler_lets_the_optimizer_step(session: Session) -> None:
    model = nn.Linear(4, 4).to("cuda")
    optimizer = torch.optim.AdamW(model.parameters())
    scaler = torch.amp.GradScaler("cuda")
    with torch.autocast("cuda", torch.float16):
        loss = model(torch.ones(2, 4, device="cuda")).float().sum()
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    assert optimizer.state


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("masked", [False, True])
def test_attention_does_not_keep_all_scores(session: Session, dtype: torch.dtype, masked: bool) -> None:
    q = torch.randn(1, 2, 1024, 64, device="cuda", dtype=dtype, requires_grad=True)
    mask = torch.ones(1024, 1024, dtype=torch.bool, device="cuda") if masked else None
    F.scaled_dot_product_attention(q, q, q, mask, dropout_p=0.1).sum().backward()
    scores = 2 * 1024 * 1024 * dtype.itemsize
    assert peak(session) < (3 if masked else 1) * scores + 10 * q.nbytes
    assert q.grad.shape == q.shape and session.findings == ()


def test_dropout_keeps_one_byte_for_each_element(session: Session) -> None:
    x = torch.ones(1 << 20, device="cuda", requires_grad=True)
    F.dropout(x, 0.5)
    assert peak(session) == (4 + 4 + 1) << 20


def test_nothing_is_left_behind() -> None:
    from torch._subclasses.fake_tensor import FakeTensor
    from torch.optim.optimizer import _foreach_supported_types

    before = (FakeTensor.__dict__["device"], list(_foreach_supported_types), F.dropout, torch.save, nn.Module._apply)
    with pretend(fake_data=True):
        nn.Linear(2, 2).to("cuda")
    after = (FakeTensor.__dict__["device"], list(_foreach_supported_types), F.dropout, torch.save, nn.Module._apply)
    assert before == after


def test_groups_are_multiplied_in_any_precision() -> None:
    with pretend(fake_data=True) as session:
        tokens = torch.rand(16, 8, device="cuda", requires_grad=True)
        experts = torch.rand(4, 8, 16, device="cuda", requires_grad=True)
        ends = torch.tensor([4, 8, 12, 16], dtype=torch.int32, device="cuda")
        made = torch.nn.functional.grouped_mm(tokens, experts, offs=ends)
        assert made.shape == (16, 16) and made.dtype is torch.float32 and made.is_cuda
        made.sum().backward()
        assert experts.grad is not None and experts.grad.shape == experts.shape
    assert not session.findings
