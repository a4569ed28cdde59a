import torch


def make(x: torch.Tensor):
    a = torch.zeros(3, device="gpu")
    b = torch.device('CPU')
    c = x.to("cuda: 1")
    d = torch.zeros(3, device="tpux")
    if torch.cuda.is_available():
        e = x.to("CUDA")
    return a, b, c, d, e
