import torch


def ask(x: torch.Tensor, device: torch.device):
    first = x.device == "cuda"
    second = "cpu" != device
    third = x.device in ("cuda", "mps")
    fourth = "cuda" in x.device
    fifth = x.device == "cuda:0"
    return first, second, third, fourth, fifth
