"""A session: what holds while PyTorch pretends to have a GPU. Needs torch."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import torch
import torch._dynamo  # which optimizers import; it must not see what a session replaces

import devlint.rehearse.surface
from devlint.findings import Finding
from devlint.findings.registry import modules_below
from devlint.rehearse.cards import DEFAULT, Card, card
from devlint.rehearse.events.base import Event, Side
from devlint.rehearse.events.device_that_is_not_there import DeviceThatIsNotThere
from devlint.rehearse.fake import FakeData
from devlint.rehearse.log import Log
from devlint.rehearse.memory.ledger import Ledger
from devlint.rehearse.patches import Patches
from devlint.rehearse.places import Places
from devlint.rehearse.residence import CPU, Origin, Residence, Undecided, residence_of, settle
from devlint.rehearse.torchscript import builtin_table, introduce
from devlint.rehearse.traffic import Traffic
from devlint.rehearse.watch import Watch

DEVICE_TYPES = ("cuda", "mps", "xpu")


class Session:
    """One rehearsal. `kind` is the device type that is pretended, `cards` what there is of it."""

    def __init__(self, kind: str, cards: Sequence[Card], places: Places, *, limited: bool, fake_data: bool) -> None:
        self.kind = kind
        self.cards = tuple(cards)
        self.current = 0
        self.batches: int | None = None
        """How many batches each pass over a data loader gives; None for all."""
        self.batch_size: int | None = None
        """How many samples each batch of a data loader is made to have; None to leave them."""
        self.places = places
        self.log = Log(places)
        self.generators: dict[int, torch.device] = {}
        self.devices = tuple(torch.device(kind, index) for index in range(len(self.cards)))
        self.memory = Ledger(places, self.devices, self.cards, limited)
        self.traffic = Traffic(places)
        self.fake = FakeData(places) if fake_data else None
        self.watch = Watch(self)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What would fail on the real device, in the order of every report."""
        return self.log.findings

    # ------------------------------------------------------------------ devices

    def device(self, wanted: Any) -> torch.device:
        """The device that a string, number or device means, with its index; if it is not there, one that is."""
        given = torch.device(self.kind, wanted) if isinstance(wanted, int) else torch.device(wanted)
        if given.type in ("cpu", "meta"):
            return CPU if given.type == "cpu" else given
        if given.type != self.kind:
            if given.type in DEVICE_TYPES:
                self._is_missing(given, f"it has `{self.kind}`")
                return self.devices[self.current]
            return given
        index = self.current if given.index is None else given.index
        if index >= len(self.cards):
            self._is_missing(given, f"it has {len(self.cards)} of them")
            index = len(self.cards) - 1
        return self.devices[index]

    def _is_missing(self, device: torch.device, why: str) -> None:
        self.log.note(DeviceThatIsNotThere, [Side(str(device), (), "")], why, subject=str(device))

    def is_pretended(self, wanted: Any) -> bool:
        """Whether a device is one that only this session has."""
        return wanted is not None and torch.device(wanted).type in DEVICE_TYPES

    # ------------------------------------------------------------------ tensors

    def where(self, tensor: torch.Tensor) -> Residence:
        """Where a tensor is, for a question that the user's code asks."""
        found = residence_of(tensor)
        if isinstance(found, Undecided):
            found = Residence(CPU, found.origin)
            settle(tensor, found)
        return found

    def settle(self, tensor: torch.Tensor, device: torch.device, how: str) -> None:
        """A tensor comes to be on a device, in these words, at this place in the user's code."""
        settle(tensor, Residence(device, self.origin(how)))

    def origin(self, how: str) -> Origin | None:
        """These words, and this place in the user's code."""
        spot = self.places.here()
        return None if spot is None else Origin(how, spot)

    def side(self, tensor: torch.Tensor, residence: Residence | None = None, name: str | None = None) -> Side:
        """A tensor, as events tell of it."""
        residence = residence or self.where(tensor)
        dtype = str(tensor.dtype).removeprefix("torch.")
        return Side(str(residence.device), tuple(tensor.shape), dtype, name, residence.origin)

    def note(self, kind: type[Event], *sides: Side, inside: str | None = None) -> None:
        """Something that fails on the real device."""
        self.log.note(kind, sides, inside)


_active: Session | None = None


@contextlib.contextmanager
def pretend(
    gpus: Sequence[str | Card] = (DEFAULT,),
    *,
    device_type: str = "cuda",
    roots: Sequence[str] = (),
    limited: bool = True,
    fake_data: bool = False,
) -> Iterator[Session]:
    """Let PyTorch have these GPUs for the length of the block; what would fail there is in `findings` of the session.

    `gpus`: names of the hardware catalogue, one for each device. `roots`: folders in which all code is the user's; by
    default it is whatever stands in no library. `limited`: whether memory ends where the card's does.
    `fake_data`: compute no values, only shapes and memory. UnknownCard for a name that the catalogue does not have;
    RuntimeError if a session is under way already.
    """
    global _active
    if _active is not None:
        raise RuntimeError("a rehearsal is under way already: sessions cannot be nested")
    if device_type not in DEVICE_TYPES:
        raise ValueError(f"device_type is {device_type!r}: choose one of {', '.join(DEVICE_TYPES)}")
    cards = [each if isinstance(each, Card) else card(each) for each in gpus]
    session = Session(device_type, cards, Places(tuple(roots)), limited=limited, fake_data=fake_data)
    builtin_table()
    patches = Patches()
    _active = session
    try:
        for module in modules_below(devlint.rehearse.surface):
            module.install(session, patches)
        patches.spread()
        introduce(patches.functions)
        with session.watch:
            yield session
    finally:
        _active = None
        patches.undo()
