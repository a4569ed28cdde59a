import torch


def timed(model, x):
    model(x)
    if torch.cuda.is_available():
        torch.cuda.synchronize()  # wait for it
    torch.cuda.reset_peak_memory_stats(
        0,
    )
    index = torch.cuda.current_device()
    return index; torch.cuda.synchronize()


def short(model):
    if model: torch.cuda.synchronize()
