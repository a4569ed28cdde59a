import torch
from torch import nn


def step(model: nn.Module, x: torch.Tensor, y: torch.Tensor, device: torch.device):
    criterion = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 5.0], device=device), reduction="sum")
    model.to(device)
    return criterion(model(x.to(device)), y.to(device))
