"""What memory is for: read off the Python stack at the moment when it is taken."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import IntEnum
from types import CodeType, FrameType
from typing import NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch.autograd.graph import _engine_run_backward
from torch.nn import Module
from torch.optim import Optimizer

from devlint.rehearse.places import Places, Spot


class Purpose(IntEnum):
    """What memory is for. Buffers, working memory of the backward pass and all else are OTHER."""

    PARAMETERS = 0
    GRADIENTS = 1
    OPTIMIZER_STATE = 2
    ACTIVATIONS = 3
    INPUTS = 4
    OTHER = 5

    @property
    def label(self) -> str:
        """As reports write it."""
        return self.name.lower().replace("_", " ")


class Owner:
    """A module, as reports call it: `GPT.blocks.0.attention` once it was used as part of a larger one."""

    __slots__ = ("is_named", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_named = False


class Reason(NamedTuple):
    """Why memory is held: what for, taken at which place of the user's code, on behalf of which module."""

    purpose: Purpose
    spot: Spot | None
    owner: Owner | None


_CALL, _APPLY = Module._call_impl.__code__, Module._apply.__code__
_STEP = Optimizer.profile_hook_step(lambda optimizer: None).__code__
_MEANING: dict[CodeType, Purpose] = {
    _CALL: Purpose.ACTIVATIONS,
    _APPLY: Purpose.PARAMETERS,
    _engine_run_backward.__code__: Purpose.OTHER,
    _STEP: Purpose.OPTIMIZER_STATE,
    Optimizer.load_state_dict.__code__: Purpose.OPTIMIZER_STATE,
}
"""Of the functions of PyTorch that are under way, the innermost one in this table says what memory is taken for."""


class Reasons:
    """Reads stacks. What is known of a code object is kept by its identity: its hash is slow."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._codes: dict[int, tuple[CodeType, bool, Purpose | None]] = {}
        self._owners: WeakKeyDictionary[Module, Owner] = WeakKeyDictionary()

    def now(self) -> Reason:
        """Why memory is taken now. What only the user's own code makes counts as activations."""
        frame: FrameType | None = sys._getframe(2)
        purpose: Purpose | None = None
        spot: Spot | None = None
        owner: Owner | None = None
        while frame is not None and (purpose is None or spot is None):
            code = frame.f_code
            known = self._codes.get(id(code)) or self._learn(code)
            if known[1] and spot is None:
                spot = (code, frame.f_lasti)
            if purpose is None and known[2] is not None:
                purpose = known[2]
                if purpose is Purpose.ACTIVATIONS or purpose is Purpose.PARAMETERS:
                    owner = self.owner(frame.f_locals["self"], frame)
            frame = frame.f_back
        if purpose is None:
            purpose = Purpose.OTHER if torch._C._current_graph_task_id() != -1 else Purpose.ACTIVATIONS
        return Reason(purpose, spot, owner)

    def _learn(self, code: CodeType) -> tuple[CodeType, bool, Purpose | None]:
        known = self._codes[id(code)] = (code, self._places.is_user(code), _MEANING.get(code))
        return known

    def owner(self, module: Module, frame: FrameType | None = None) -> Owner:
        """The name tag of a module; `frame` is where its call or move is under way, below those of its parents."""
        owner = self._owners.get(module)
        if owner is None:
            owner = self._owners[module] = Owner(type(module).__name__)
        if frame is not None and not owner.is_named:
            root = module
            for outer in _modules_above(frame):
                root = outer
            for name, part in root.named_modules():
                tag = self.owner(part)
                if not tag.is_named:
                    tag.name = f"{type(root).__name__}.{name}" if name else type(root).__name__
                    tag.is_named = True
        return owner


def _modules_above(frame: FrameType | None) -> Iterator[Module]:
    while frame is not None:
        if frame.f_code is _CALL or frame.f_code is _APPLY:
            yield frame.f_locals["self"]
        frame = frame.f_back
