import torch


def prepare(x: torch.Tensor, device: torch.device):
    x = x.to(device)  # now it is there
    x = x.to(
        device,
        non_blocking=True,
    )
    x.detach().to(device)
    return x
