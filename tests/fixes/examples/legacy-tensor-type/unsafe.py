import torch


def make(x: torch.Tensor, n: int, device: torch.device):
    a = torch.tensor([1.0, 2.0], dtype=torch.float32, device=x.device)
    b = torch.empty(n, 3, dtype=torch.int64, device=x.device)
    c = torch.tensor([[1.0]], device=device, dtype=torch.float32)
    d = torch.tensor([1], device=device, dtype=torch.get_default_dtype())
    e = torch.cuda.FloatTensor(x)
    return a + x, b, c, d, e
