import torch


def prepare(x: torch.Tensor, device: torch.device):
    x.to(device)  # now it is there
    x.to(
        device,
        non_blocking=True,
    )
    x.detach().to(device)
    return x
