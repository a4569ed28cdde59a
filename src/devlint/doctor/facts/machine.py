"""All that is known of one machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from devlint.doctor.facts.cpu import Cpu
from devlint.doctor.facts.gpu import Gpu, NvidiaDriver
from devlint.doctor.facts.host import Container, Disk, Host, Limits, Memory, Scheduler
from devlint.doctor.facts.stack import Library, Python, Toolchain, TorchBuild


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where facts come from: `probed` here and now, `recorded` on a real machine, or `composed` from documentation."""

    kind: str
    note: str | None = None
    date: str | None = None
    devlint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One machine and its software.

    A field that is None was not found out, and `why(path)` says the reason; an empty tuple was found to be empty.
    `gpus` are physical GPUs (None: nothing could look). `environment` has only variables that matter to PyTorch.
    `libraries` are the installed distributions of interest, by normalised name.
    `gaps` maps a path such as `torch`, `gpus` or `cpu.quota` to "why it is not available".
    `timings` are the seconds that each probe took.
    """

    origin: Origin
    host: Host | None = None
    cpu: Cpu | None = None
    memory: Memory | None = None
    disks: tuple[Disk, ...] | None = None
    limits: Limits | None = None
    container: Container | None = None
    scheduler: Scheduler | None = None
    gpus: tuple[Gpu, ...] | None = None
    nvidia_driver: NvidiaDriver | None = None
    topology: tuple[tuple[str, ...], ...] | None = None
    python: Python | None = None
    torch: TorchBuild | None = None
    toolchain: Toolchain | None = None
    libraries: Mapping[str, Library] | None = None
    environment: Mapping[str, str] | None = None
    gaps: Mapping[str, str] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)

    def why(self, path: str) -> str:
        """Why the fact of that path is not known: its own reason or that of the section which holds it."""
        while path:
            if path in self.gaps:
                return self.gaps[path]
            path = path.rpartition(".")[0]
        return "nothing on this machine tells it"
