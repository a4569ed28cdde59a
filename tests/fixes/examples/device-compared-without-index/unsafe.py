"""Devices without an index."""

import torch


def ask(x: torch.Tensor):
    first = x.device.type == "cuda"
    second = "mps" != x.grad.device.type
    return first, second
