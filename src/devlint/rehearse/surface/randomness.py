"""Generators and seeds. All random numbers come from CPU generators, so that a rehearsal draws what a CPU run draws.

The default generator is one for all devices. A seed of the device alone counts as long as the script does not seed all
by `torch.manual_seed`: with that, a CPU run's numbers do not depend on the device's seed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from devlint.rehearse.events.accelerator_tensor_for_the_host import AcceleratorTensorForTheHost

if TYPE_CHECKING:
    from devlint.rehearse.patches import Patches
    from devlint.rehearse.session import Session


def install(session: Session, patches: Patches) -> None:
    """Let generators know their device, and let seeding a device leave the CPU's numbers alone."""
    patches.set(torch, "Generator", _generator_class(session))
    module = {"cuda": torch.cuda, "xpu": torch.xpu, "mps": torch.mps}[session.kind]
    seeds = _Seeds()
    for place in (torch, torch.random):
        patches.wrap(place, "manual_seed", seeds.of_all)
    get_state, set_state = torch.get_rng_state, torch.set_rng_state
    functions: dict[str, Any] = {
        **dict.fromkeys(("manual_seed", "manual_seed_all"), seeds.of_device),
        **dict.fromkeys(("seed", "seed_all"), _nothing),
        "get_rng_state": lambda device=None: get_state(),
        "get_rng_state_all": lambda: [get_state() for _ in session.cards],
        "set_rng_state": lambda new_state, device=None: set_state(new_state),
        "set_rng_state_all": lambda new_states: set_state(new_states[0]),
        "initial_seed": torch.initial_seed,
        "default_generators": tuple(torch.Generator(device) for device in session.devices),
    }
    for owner in (module, getattr(module, "random", None)):
        if owner is not None:
            patches.set_all(owner, **functions)
    for owner in (torch, torch.random):
        patches.wrap(owner, "set_rng_state", lambda original: _host_state(session, original))


class _Seeds:
    """Whose seed the default generator has."""

    def __init__(self) -> None:
        self._is_seeded = False

    def of_all(self, original: Callable[[int], Any]) -> Callable[[int], Any]:
        """`torch.manual_seed`."""

        def manual_seed(seed: int) -> Any:
            self._is_seeded = True
            return original(seed)

        return manual_seed

    def of_device(self, seed: int) -> None:
        """`torch.cuda.manual_seed`."""
        if not self._is_seeded:
            torch.default_generator.manual_seed(int(seed))


def _host_state(session: Session, original: Callable[[torch.Tensor], None]) -> Callable[[torch.Tensor], None]:
    def set_rng_state(new_state: torch.Tensor) -> None:
        if session.where(new_state).device.type != "cpu":
            session.note(AcceleratorTensorForTheHost, session.side(new_state))
        original(new_state)

    return set_rng_state


def _nothing(*_: Any, **__: Any) -> None:
    """Seeds of the pretend device are not used."""


def _generator_class(session: Session) -> type:
    real = torch.Generator

    class Meta(type(real)):  # type: ignore[misc]
        """What C++ made is a generator as well."""

        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real)

    class Generator(real, metaclass=Meta):  # type: ignore[misc,valid-type]
        """A CPU generator that says which device it is for."""

        def __new__(cls, device: Any = "cpu") -> Any:
            made = super().__new__(cls, device="cpu")
            there = session.device(device)
            if there.type != "cpu":
                session.generators[made._cdata] = there
            return made

        def __init__(self, device: Any = "cpu") -> None:
            """All is done."""

        @property
        def device(self) -> torch.device:
            return session.generators.get(self._cdata, torch.device("cpu"))

        def __del__(self) -> None:
            session.generators.pop(self._cdata, None)

    Generator.__module__, Generator.__qualname__ = real.__module__, real.__qualname__
    return Generator
