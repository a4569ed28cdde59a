"""Mixed precision by its old names."""

import torch
from torch.amp import GradScaler, custom_fwd
from torch import amp
from torch.amp import autocast


def plain(model, x, dtype):
    with torch.amp.autocast("cuda"):
        y = model(x)
    with torch.amp.autocast("cuda", dtype=dtype, enabled=True):
        y = y + model(x)
    with torch.amp.autocast(
        "cpu", enabled=True,  # always
        dtype=torch.bfloat16,
    ):
        return y + model(x)


def imported(model, x, use_amp):
    scaler = GradScaler("cuda", 1024.0, enabled=use_amp)
    with autocast("cuda", enabled=use_amp), amp.autocast("cpu", enabled=use_amp, dtype=x.dtype):
        return scaler.scale(model(x))


@autocast("cuda")
def whole(model, x):
    return model(x)


class Scale(torch.autograd.Function):
    @staticmethod
    @custom_fwd(device_type="cuda")
    def forward(ctx, x: torch.Tensor, scaler: GradScaler):
        return x * scaler.get_scale()


def refused(model, x, options):
    with torch.cuda.amp.autocast(*options):
        return model(x)
