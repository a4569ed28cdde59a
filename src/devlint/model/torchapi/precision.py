"""Automatic mixed precision: what chooses a precision, what scales a loss, and the older names of both."""

from __future__ import annotations

from dataclasses import dataclass

Version = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Successor:
    """What replaces a deprecated name of `torch.{cuda,cpu}.amp`, for which the device type is an argument.

    `keyword`: the argument's name where it must be given by name; otherwise it comes first. `params`: the old
    positional parameters in order, where the new ones have another order. `since`: the PyTorch version that has it.
    """

    name: str
    device_type: str
    keyword: str = ""
    params: tuple[str, ...] = ()
    since: Version = (1, 10)

    @property
    def argument(self) -> str:
        """The device type, as it is written in a call."""
        return f'{self.keyword}="{self.device_type}"' if self.keyword else f'"{self.device_type}"'


def _successors(device_type: str) -> dict[str, Successor]:
    old = f"torch.{device_type}.amp."
    return {
        f"{old}autocast": Successor(
            "torch.amp.autocast", device_type, params=("enabled", "dtype", "cache_enabled"), since=(1, 10)
        ),
        f"{old}GradScaler": Successor("torch.amp.GradScaler", device_type, since=(2, 3)),
    }


DEPRECATED_AMP: dict[str, Successor] = {
    **_successors("cuda"),
    **_successors("cpu"),
    **{
        f"torch.cuda.amp.{name}": Successor(f"torch.amp.{name}", "cuda", keyword="device_type", since=(2, 4))
        for name in ("custom_fwd", "custom_bwd")
    },
}
"""Old name -> what replaces it. Using the old one warns since PyTorch 2.4 (the classes of `torch.cpu.amp` too)."""

AMP_DEPRECATION: Version = (2, 4)

AUTOCASTS: frozenset[str] = frozenset(("torch.autocast", "torch.amp.autocast"))
"""Context managers which take the device type as their first argument, `device_type`."""

GRAD_SCALERS: frozenset[str] = frozenset(
    ("torch.amp.GradScaler", "torch.cuda.amp.GradScaler", "torch.cpu.amp.GradScaler")
)

GRADIENT_CLIPPING: frozenset[str] = frozenset(
    f"torch.nn.utils.{path}clip_grad_{kind}_" for path in ("", "clip_grad.") for kind in ("norm", "value")
) | frozenset(("torch.nn.utils.clip_grad_norm",))
"""Functions that compare gradients with a limit, for which these must not be scaled."""
