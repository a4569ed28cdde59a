"""Made, then moved."""

import torch


def start(n, device: torch.device, other, x: torch.Tensor):
    a = torch.zeros(n, 128, device=device)
    b = torch.full((n,), 2.0, dtype=x.dtype, device=x.device) + a
    c = torch.ones(
        n,
        128,
        device="cuda",
    )
    d = torch.eye(n).cuda(device) + torch.eye(n).cuda(other)
    return a, b, c, d
