import torch

device = "cuda" if torch.cuda.is_available else "cpu"
if not torch.backends.mps.is_available:  # on a Mac
    device = "cpu"
