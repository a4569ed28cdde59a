import torch


def grid(n: int, device="cpu") -> torch.Tensor:
    return torch.arange(n, device=device)


def mesh(n: int, device="cpu", **options):
    rows = grid(
        n,
        device=device,
    )
    return rows, grid(n, device=device), grid(n, **options), torch.zeros(n, device=device)
