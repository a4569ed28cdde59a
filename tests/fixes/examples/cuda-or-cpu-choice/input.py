"""CUDA or the CPU."""
# target-torch: 2.6

import torch

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
other = torch.device("cuda") if torch.cuda.is_available() else torch.device("cpu")
