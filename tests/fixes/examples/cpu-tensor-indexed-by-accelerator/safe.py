import torch


def pick(scores: torch.Tensor) -> torch.Tensor:
    keep = scores > 0.5
    return torch.arange(len(scores), device=scores.device)[keep]


def of_the_caller(scores: torch.Tensor) -> torch.Tensor:
    table = scores.cpu()
    return table[(scores > 0.5).cpu()]
