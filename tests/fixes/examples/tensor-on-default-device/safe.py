import torch
from torch import nn


class Layouts(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(dim))

    def one_line(self, x: torch.Tensor):
        return x + torch.zeros(3, device=x.device)

    def trailing_comma(self, x: torch.Tensor):
        return x + torch.zeros(3, dtype=x.dtype, device=x.device,)

    def one_argument_a_line(self, x: torch.Tensor):
        mask = torch.zeros(
            x.shape[0],  # rows
            3,  # columns
            device=x.device,
        )
        return x + mask

    def without_trailing_comma(self, x: torch.Tensor):
        mask = torch.zeros(
            x.shape[0],
            3,  # columns
            device=x.device
        )
        return x + mask

    def wrapped(self, x: torch.Tensor):
        mask = torch.zeros(x.shape[0],
                           3, device=x.device)
        return x + mask

    def of_numpy(self, x: torch.Tensor, table):
        return x + torch.from_numpy(table)

    def of_the_module(self, n):
        return torch.randn(n, 4, device=self.bias.device) * self.bias

    def keywords_may_hold_it(self, x: torch.Tensor, **options):
        return x + torch.zeros(3, **options)

    def pinned(self, x: torch.Tensor):
        return x + torch.zeros(3, pin_memory=True)

    def hidden(self, x: torch.Tensor):
        return x + torch.zeros(3)  # devlint: ignore[XDV101] a reason

    def noqa(self, x: torch.Tensor):
        mask = torch.zeros(3)  # noqa: XDV101
        return x + mask

    def may_be_none(self, x: torch.Tensor, y: torch.Tensor | None = None):
        mask = torch.zeros(3)
        return x.sum(), y + mask

    def bound_later(self, x: torch.Tensor):
        mask = torch.zeros(3, device=x.device)
        y = x * 2
        return y + mask

    def rebound(self, parts: list[torch.Tensor]):
        total = torch.cat(parts)
        total = total + torch.eye(3, device=total.device)
        return total * 2

    def in_text(self, x: torch.Tensor):
        return f"{x + torch.zeros(3)}"


class Parts(nn.Module):
    def _noise(self, x):
        return torch.randn(x.shape)

    def forward(self, x):
        return x + self._noise(x)


class Scores(nn.Module):
    def forward(self, rows: torch.Tensor):
        return self._add(rows[:, 0], torch.arange(10))

    def _add(self, head, tail):
        return head.unsqueeze(-1) + tail


class Lists(nn.Module):
    def forward(self, parts):
        total = torch.zeros(3, 1)
        for part in parts:
            total = total + part.detach()
        return total
