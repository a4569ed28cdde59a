"""What mixed precision does to gradients, as the state remembers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from devlint.flow.values import UNKNOWN, Thing
from devlint.model.names import dotted

if TYPE_CHECKING:
    from devlint.flow.frame import Frame, State


_SCALED = ".scale()"


def scaled(path: str) -> str:
    """The path under which a state keeps that a gradient scaler has scaled gradients, and not unscaled them since."""
    return path + _SCALED


def scalers_at_work(state: State) -> frozenset[str]:
    """The paths of the scalers whose gradients are scaled."""
    return frozenset(
        path.removesuffix(_SCALED)
        for path, value in state.env.items()
        if path.endswith(_SCALED) and isinstance(value, Thing)
    )


def note_scaling(node: cst.Call, receiver: cst.BaseExpression, name: str, frame: Frame) -> None:
    """`scaler.scale(loss).backward()` leaves scaled gradients behind, until `scaler.unscale_` or `scaler.update`."""
    if name == "backward" and isinstance(receiver, cst.Call) and isinstance(receiver.func, cst.Attribute):
        path = dotted(receiver.func.value) if receiver.func.attr.value == "scale" else None
        if path is not None:
            frame.state.set(scaled(path), Thing("scaled gradients", origin=node))
    elif name in ("unscale_", "update"):
        path = dotted(receiver)
        if path is not None and scaled(path) in frame.state.env:
            frame.state.set(scaled(path), UNKNOWN)
