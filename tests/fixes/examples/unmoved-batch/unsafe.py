import torch
import torch.nn.functional as F


def train(model: torch.nn.Module, device: torch.device, loader):
    model.to(device)
    for data, target in loader:
        # the batch
        target = target.to(device)
        output = model(data.to(device))
        loss = F.cross_entropy(output, target)
        loss.backward()


def twice(model: torch.nn.Module, device: torch.device, loader):
    model.to(device)
    for data, target in loader:
        target = target.to(device)
        data = data.to(device)
        loss = F.cross_entropy(model(data), target)
        loss = loss + F.mse_loss(model(data), target)
        loss.backward()


def one_batch(model: torch.nn.Module, device: torch.device, loader):
    model.to(device)
    x, y = next(iter(loader))
    return F.mse_loss(model(x.to(device)), y.to(device))


def dictionary(model: torch.nn.Module, device: torch.device, loader):
    model.to(device)
    for batch in loader:
        logits = model(batch["x"].to(device))
        loss = F.cross_entropy(logits, batch["labels"].to(logits.device))
        loss.backward()
