import torch


def attend(scores: torch.Tensor, length: int) -> torch.Tensor:
    mask = torch.ones(length, length).tril()
    return scores * mask
