import torch
from torch import nn


def fit(x: torch.Tensor, device: torch.device):
    model = nn.Linear(8, 2)  # a small one
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(x.to(device)).sum().backward()
    optimizer.step()


def later(x: torch.Tensor):
    model = nn.Linear(8, 2)
    model.eval()
    place = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return model(x.to(place))
