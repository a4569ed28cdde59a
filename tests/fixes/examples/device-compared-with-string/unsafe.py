import torch


def ask(x: torch.Tensor, device: torch.device):
    first = x.device.type == "cuda"
    second = "cpu" != device
    third = x.device.type in ("cuda", "mps")
    fourth = "cuda" in x.device.type
    fifth = str(x.device) == "cuda:0"
    return first, second, third, fourth, fifth
