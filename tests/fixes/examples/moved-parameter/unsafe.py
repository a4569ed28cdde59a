import torch
from torch import nn


class Scale(nn.Module):
    def __init__(self, dim, device):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim, device=device))
        self.bias = nn.Parameter(
            (torch.zeros(dim) + 1).half(), requires_grad=True
        )
