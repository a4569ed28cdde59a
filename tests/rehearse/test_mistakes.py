"""One mistake is one finding, at the line where the real device stops."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from devlint.rehearse import pretend  # noqa: E402


def model() -> nn.Sequential:
    """Linear layers, and one whose parameters autocast leaves alone."""
    return nn.Sequential(nn.Linear(4, 8), nn.LayerNorm(8), nn.Linear(8, 4))


@pytest.mark.parametrize("dtype", [None, torch.bfloat16], ids=["float32", "autocast"])
def test_model_left_behind_is_found_once(dtype: torch.dtype | None) -> None:
    with pretend() as session:
        left = model()
        optimizer = torch.optim.AdamW(left.parameters())
        for _ in range(3):
            with torch.autocast("cuda", dtype=dtype, enabled=dtype is not None):
                loss = left(torch.rand(2, 4, device="cuda")).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    (finding,) = session.findings
    assert finding.code == "XDR102"
    assert "`bias of Linear` on `cpu`" in finding.message


class Schedule(nn.Module):
    """Buffers, and a part; its methods are called directly."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("rates", torch.rand(5))
        self.register_buffer("weights", torch.rand(5))
        self.inner = nn.Linear(4, 4)

    def loss(self, x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        return (self.inner(x * self.rates[t][:, None]).sum(1) * self.weights.gather(0, t)).sum()


def test_model_left_behind_is_found_once_where_its_methods_are_called() -> None:
    with pretend() as session:
        schedule = Schedule()
        for _ in range(2):
            schedule.loss(torch.rand(2, 4, device="cuda"), torch.tensor([0, 1], device="cuda")).backward()
        Schedule().cuda().loss(torch.rand(2, 4, device="cuda"), torch.tensor([0, 1], device="cuda"))
    (finding,) = session.findings
    assert finding.code == "XDR102"
    assert "`rates of Schedule` on `cpu`" in finding.message


def test_state_of_the_generator_must_be_on_the_host() -> None:
    with pretend() as session:
        state = torch.get_rng_state()
        torch.set_rng_state(state)
        torch.random.set_rng_state(state.cuda())
    (finding,) = session.findings
    assert finding.code == "XDR107"


def test_gradients_that_are_given_must_be_where_their_tensors_are() -> None:
    with pretend() as session:
        weight = torch.rand(3, device="cuda", requires_grad=True)
        (weight * 2).backward(torch.ones(3, device="cuda"))
        (weight.sum() * 2).backward(torch.tensor(1.0))
        torch.autograd.grad(weight * 2, weight, torch.ones(3, device="cuda"))
        assert not session.findings
        (weight * 2).backward(torch.ones(3))
        torch.autograd.grad(outputs=weight * 2, inputs=weight, grad_outputs=[torch.ones(3)])
    assert [finding.code for finding in session.findings] == ["XDR101", "XDR101"]
