"""Mixed precision by its old names."""

import torch
from torch.cuda.amp import GradScaler, custom_fwd
from torch.cpu import amp
from torch.cuda.amp import autocast


def plain(model, x, dtype):
    with torch.cuda.amp.autocast():
        y = model(x)
    with torch.cuda.amp.autocast(dtype=dtype, enabled=True):
        y = y + model(x)
    with torch.cpu.amp.autocast(
        True,  # always
        torch.bfloat16,
    ):
        return y + model(x)


def imported(model, x, use_amp):
    scaler = GradScaler(1024.0, enabled=use_amp)
    with autocast(use_amp), amp.autocast(use_amp, x.dtype):
        return scaler.scale(model(x))


@autocast()
def whole(model, x):
    return model(x)


class Scale(torch.autograd.Function):
    @staticmethod
    @custom_fwd
    def forward(ctx, x: torch.Tensor, scaler: GradScaler):
        return x * scaler.get_scale()


def refused(model, x, options):
    with torch.cuda.amp.autocast(*options):
        return model(x)
