import torch
from torch import nn


class Head(nn.Module):
    """A linear head."""

    def __init__(self, dim):
        """Make the layers."""
        self.dim = dim  # kept
        self.head = nn.Linear(dim, 2)


class Scale(nn.Module):
    def __init__(self):
        # A learned factor.
        self.factor = nn.Parameter(torch.ones(1))


class TooLate(nn.Module):
    def __init__(self, dim):
        self.head = nn.Linear(dim, 2)
        super().__init__()
