"""Every probe at once, each within its time limit: what is known of this machine."""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import devlint
from devlint.doctor.facts import Facts, Gpu, Origin
from devlint.doctor.probes import (
    container,
    cpu,
    disks,
    environment,
    host,
    interpreter,
    limits,
    memory,
    scheduler,
    toolchain,
)
from devlint.doctor.probes.answer import Gaps
from devlint.doctor.probes.interpreter import Stack
from devlint.doctor.probes.together import Result, together

_SECTIONS: dict[str, Callable[[Gaps], Any]] = {
    "host": host.probe,
    "cpu": cpu.probe,
    "memory": memory.probe,
    "disks": disks.probe,
    "limits": limits.probe,
    "container": container.probe,
    "scheduler": lambda gaps: scheduler.probe(),
    "environment": lambda gaps: environment.probe(),
    "toolchain": toolchain.probe,
}
"""Section of the facts -> its probe."""

_VENDORS = ("nvidia", "amd", "apple", "intel", "pci")
"""Modules that look for GPUs; loaded in their own thread, since a vendor's library may hang when it is loaded."""


def probe_machine(python: str | None = None, *, timeout: float = 60.0, limit: float = 15.0) -> Facts:
    """The facts of this machine. Never raises, and takes no longer than its limits.

    `python` is the interpreter that jobs run with (see `interpreter.find`), `timeout` the seconds it may take, torch
    included. `limit` are the seconds that all other probes have, side by side.
    """
    asked = Result(lambda: interpreter.probe(python, timeout))  # importing torch takes longest: first
    gaps = {section: Gaps(section) for section in _SECTIONS}
    questions = {name: functools.partial(probe, gaps[name]) for name, probe in _SECTIONS.items()}
    results = together({**questions, **{name: functools.partial(_look, name) for name in _VENDORS}}, limit)
    asked.wait(timeout + limit)

    whole = Gaps()
    sections = {name: whole.attempt(name, results[name].get) for name in _SECTIONS}
    gpus = _gpus(results, whole)
    stack = whole.attempt("python", asked.get) or Stack()
    reasons = [dict(each.reasons) for each in (*gaps.values(), whole)]
    return Facts(
        origin=Origin(kind="probed", date=date.today().isoformat(), devlint=devlint.__version__),
        **sections,
        **gpus,
        python=stack.python,
        libraries=stack.libraries,
        torch=stack.torch,
        gaps={path: reason for each in (*reasons, stack.gaps) for path, reason in each.items()},
        timings={
            name: round(r.seconds, 3) for name, r in {**results, "python": asked}.items() if r.seconds is not None
        },
    )


def _look(vendor: str) -> Any:
    return importlib.import_module(f"devlint.doctor.probes.{vendor}").probe()


def _gpus(results: Mapping[str, Result], gaps: Gaps) -> dict[str, Any]:
    """GPUs as drivers answer, and those that only the bus shows; None if none was seen and a probe could not look."""
    answers = {vendor: gaps.attempt(f"gpus.{vendor}", results[vendor].get) for vendor in _VENDORS}
    nvidia, driver, topology = answers["nvidia"] or ((), None, None)
    if driver is not None and driver.error is not None:
        gaps.note("gpus.nvidia", driver.error)
    seen = [*nvidia, *(gpu for vendor in ("amd", "apple", "intel") for gpu in answers[vendor] or ())]
    places = {_place(gpu) for gpu in seen}
    known = {gpu.vendor for gpu in seen if _place(gpu) is None}
    for gpu in answers["pci"] or ():
        if _place(gpu) not in places and gpu.vendor not in known:
            seen.append(gpu)
    reasons = [f"{vendor}: {gaps.reasons[path]}" for vendor in _VENDORS if (path := f"gpus.{vendor}") in gaps.reasons]
    blind = not seen and bool(reasons)
    if blind:
        gaps.note("gpus", "; ".join(reasons))
    return {"gpus": None if blind else tuple(seen), "nvidia_driver": driver, "topology": topology}


def _place(gpu: Gpu) -> tuple[int, ...] | None:
    """The place on the PCI bus as numbers: tools differ in how many digits the domain has."""
    parts = re.split(r"[:.]", gpu.pci_bus_id or "")
    try:
        return tuple(int(part, 16) for part in parts)
    except ValueError:
        return None
