"""Devices without an index."""

import torch


def ask(x: torch.Tensor):
    first = x.device == torch.device("cuda")
    second = torch.device("mps") != x.grad.device
    return first, second
