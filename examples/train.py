"""A small training script. It runs on a laptop, and fails on every machine with a GPU."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Encoder(nn.Module):
    def __init__(self, dim: int, length: int, depth: int):
        super().__init__()
        self.positions = torch.linspace(0, 1, length).unsqueeze(1)
        self.layers = [nn.Linear(dim, dim) for _ in range(depth)]
        self.head = nn.Linear(dim, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.positions
        noise = torch.randn(x.shape)
        if self.training:
            x = x + 0.1 * noise
        for layer in self.layers:
            x = layer(x).relu()
        return self.head(x.mean(dim=1))


def train(model: nn.Module, loader: DataLoader, device: torch.device) -> None:
    model.to(device)
    criterion = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 3.0]))
    optimizer = torch.optim.Adam(model.parameters())
    for x, y in loader:
        y.to(device)
        logits = model(x.to(device))
        loss = criterion(logits, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def predict(model: nn.Module, x: torch.Tensor, device: torch.device):
    model.load_state_dict(torch.load("model.pt"))
    with torch.no_grad():
        probabilities = F.softmax(model.to(device)(x.to(device)), dim=-1)
    if probabilities.device == "cuda":
        torch.cuda.synchronize()
    return probabilities.detach().numpy()


if __name__ == "__main__":
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    data = TensorDataset(torch.randn(64, 16, 8), torch.randint(0, 2, (64,)))
    train(Encoder(8, 16, 2), DataLoader(data, batch_size=8), device)
