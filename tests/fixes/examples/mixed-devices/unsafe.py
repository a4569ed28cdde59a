import torch


def center(x: torch.Tensor) -> torch.Tensor:
    mean = x.mean(dim=0, keepdim=True).cpu()
    return x - mean.to(x.device)
