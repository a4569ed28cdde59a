import torch


def sample(x: torch.Tensor, device: torch.device, seed: int):
    generator = torch.Generator(device).manual_seed(seed)
    noise = torch.randn(4, generator=generator, device=device)
    other = torch.Generator(x.device)
    return noise, torch.bernoulli(x, generator=other)


def named(seed: int):
    generator = torch.Generator("cuda:1")
    return torch.randn(4, generator=generator, device="cuda:1")
