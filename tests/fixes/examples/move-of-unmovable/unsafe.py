import torch
from torch.utils.data import DataLoader


def prepare(dataset, model, device):
    loader = DataLoader(dataset, batch_size=8)
    optimizer = torch.optim.Adam(model.parameters())
    rows = [model, optimizer].to(device)
    return loader, rows


def alone(dataset, device):
    loader = DataLoader(dataset)
    if device:
        loader = loader.to(device)
    return loader
