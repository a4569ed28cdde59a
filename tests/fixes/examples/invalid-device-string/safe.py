import torch


def make(x: torch.Tensor):
    a = torch.zeros(3, device="gpu")
    b = torch.device("cpu")
    c = x.to("cuda:1" if torch.cuda.is_available() else "cpu")
    d = torch.zeros(3, device="tpux")
    if torch.cuda.is_available():
        e = x.to("cuda")
    return a, b, c, d, e
