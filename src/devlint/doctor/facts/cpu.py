"""The processor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cpu:
    """The processor of a machine, and how much of it this process may use.

    `microarchitecture` is archspec's name (`zen4`), `generation` the same in words (`Zen 4`), `year` when it came out.
    `cores` are physical, `threads` logical; `performance_cores` and `efficiency_cores` are None on uniform processors.
    `affinity` counts the threads this process may be scheduled on; `quota` is the cgroup's limit in CPUs (2.5 is two
    and a half), None without a limit. Frequencies are in MHz. `features` are flags as Linux names them. `caches` are
    bytes of all instances together, by `L1d`, `L1i`, `L2`, `L3`. `online` and `numa_cpus` (by node) are lists of
    threads such as `0-7,16-23`. `load` is the average of 1, 5 and 15 minutes.
    """

    model: str | None = None
    vendor: str | None = None
    architecture: str | None = None
    microarchitecture: str | None = None
    generation: str | None = None
    year: int | None = None
    family: int | None = None
    model_number: int | None = None
    stepping: int | None = None
    sockets: int | None = None
    cores: int | None = None
    threads: int | None = None
    performance_cores: int | None = None
    efficiency_cores: int | None = None
    affinity: int | None = None
    quota: float | None = None
    base_mhz: float | None = None
    max_mhz: float | None = None
    numa_nodes: int | None = None
    numa_of_process: tuple[int, ...] | None = None
    numa_cpus: tuple[str, ...] | None = None
    online: str | None = None
    caches: dict[str, int] | None = None
    byte_order: str | None = None
    physical_address_bits: int | None = None
    virtual_address_bits: int | None = None
    bogomips: float | None = None
    load: tuple[float, float, float] | None = None
    hypervisor: str | None = None
    features: tuple[str, ...] | None = None
    vulnerabilities: dict[str, str] | None = None

    @property
    def usable(self) -> int | None:
        """Whole CPUs that a job may count on: the least of threads, affinity and quota (at least 1)."""
        limits = [self.threads, self.affinity, None if self.quota is None else int(self.quota)]
        known = [limit for limit in limits if limit is not None]
        return max(1, min(known)) if known else None
