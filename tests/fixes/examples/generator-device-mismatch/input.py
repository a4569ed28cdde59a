import torch


def sample(x: torch.Tensor, device: torch.device, seed: int):
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(4, generator=generator, device=device)
    other = torch.Generator()
    return noise, torch.bernoulli(x, generator=other)


def named(seed: int):
    generator = torch.Generator()
    return torch.randn(4, generator=generator, device="cuda:1")
