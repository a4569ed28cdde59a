import torch


def train(model: torch.nn.Module, batches, loss_fn):
    total = weighted = 0
    for x, y in batches:
        loss = loss_fn(model(x), y)
        loss.backward()
        total += loss.detach()  # reported
        weighted += (loss * len(x)).detach()
    print(total, weighted)
