import torch
from torch.nn import Linear, Module, Parameter


class Stack(Module):
    def __init__(self, depth: int, dim: int):
        super().__init__()
        self.layers = [Linear(dim, dim) for _ in range(depth)]
        self.blocks = []
        for _ in range(depth):
            self.blocks.append(Linear(dim, dim))
        self.heads = torch.nn.ModuleDict({"a": Linear(dim, 1), "b": Linear(dim, 2)})
        self.weights = torch.nn.ParameterList([Parameter(torch.zeros(dim)), Parameter(torch.ones(dim))])
        self.sorted = [Linear(dim, dim) for _ in range(depth)]
        self.sorted.sort(key=id)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers + self.blocks:
            x = layer(x)
        return x


class Sum(Module):
    def __init__(self, dim: int):
        super().__init__()
        self.parts = torch.nn.ModuleList([Linear(dim, dim), Linear(dim, dim)])
        self.blocks = torch.nn.ModuleList()
        for _ in range(3):
            self.blocks.append(Linear(dim, dim))

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.parts[0](x) + self.parts[1](x)
