import numpy as np
import torch


def weights(model: torch.nn.Module):
    first = [p.detach().numpy() for p in model.parameters()]
    third = np.asarray(torch.zeros(3, device="cuda") * 2)
    return first, third


def raw(model: torch.nn.Module):
    return [p.numpy() for p in model.parameters()]


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(3))

    def table(self):
        return self.weight.numpy()
