import torch
from torch import nn


class Classifier(nn.Module):
    def __init__(self, dim: int):
        super().__init__()
        self.encoder = nn.Linear(dim, dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = (self.encoder)(x)
        return self.encoder(
            self.encoder(y),
        )
