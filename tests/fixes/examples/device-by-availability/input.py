import torch
from torch import nn


class Noise(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        noise = torch.randn(x.shape)
        if torch.cuda.is_available():
            noise = noise.cuda()
        return x + noise
