import torch
from torch import nn


class Encoding(nn.Module):
    limits = None

    def __init__(self, dim: int):
        super().__init__()
        self.scale = torch.ones(dim)  # per channel
        self.shift: torch.Tensor = torch.zeros(dim)  # annotated
        self.table = (
            torch.arange(10)
            * 2  # twice
        )
        self.limits = torch.tensor([0.0, 1.0])
        self.late = None
        if dim:
            self.late = torch.ones(dim)
        self.learnt = torch.ones(dim, requires_grad=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x * self.scale + self.table + self.shift) * self.limits + self.late + self.learnt


class Early(nn.Module):
    def __init__(self, dim: int):
        self.scale = torch.ones(dim)
        super().__init__()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.scale
