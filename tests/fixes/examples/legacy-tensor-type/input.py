import torch


def make(x: torch.Tensor, n: int, device: torch.device):
    a = torch.cuda.FloatTensor([1.0, 2.0])
    b = torch.cuda.LongTensor(n, 3)
    c = torch.FloatTensor([[1.0]], device=device)
    d = torch.Tensor([1], device=device)
    e = torch.cuda.FloatTensor(x)
    return a + x, b, c, d, e
