"""CUDA or the CPU."""
# target-torch: 2.6

import torch

device = torch.device(torch.accelerator.current_accelerator().type if torch.accelerator.is_available() else "cpu")
other = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else torch.device("cpu")
