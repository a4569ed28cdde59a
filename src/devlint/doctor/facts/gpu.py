"""The accelerators, as the driver or the bus sees them (torch's own view is in `facts.stack`)."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class GpuVendor(enum.StrEnum):
    """Who made it, which decides what software it needs."""

    NVIDIA = "nvidia"
    AMD = "amd"
    APPLE = "apple"
    INTEL = "intel"


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuProcess:
    """A process that holds memory of a GPU, in bytes; `name` and `user` are redacted in saved facts."""

    pid: int
    memory: int | None = None
    name: str | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MigInstance:
    """One slice of a GPU in MIG mode; memory in bytes, `profile` such as `1g.10gb`."""

    uuid: str | None = None
    profile: str | None = None
    memory: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuHealth:
    """What the driver reports of a GPU's state. Power in watts, temperature in Celsius, clocks in MHz.

    `throttle_reasons` are NVML's clock event reasons in kebab-case (`sw-thermal-slowdown`, `sw-power-cap`, ...).
    `performance_state` is 0 at full speed and grows as the GPU idles (P0, P8). `compute_mode` is `default`,
    `exclusive-process` or `prohibited`.
    """

    temperature: int | None = None
    fan_percent: int | None = None
    utilisation_percent: int | None = None
    memory_utilisation_percent: int | None = None
    encoder_utilisation_percent: int | None = None
    decoder_utilisation_percent: int | None = None
    performance_state: int | None = None
    power_draw: float | None = None
    power_limit: float | None = None
    power_default: float | None = None
    power_max: float | None = None
    sm_clock: int | None = None
    sm_clock_max: int | None = None
    memory_clock: int | None = None
    memory_clock_max: int | None = None
    throttle_reasons: tuple[str, ...] | None = None
    ecc_enabled: bool | None = None
    ecc_uncorrected: int | None = None
    retired_pages_pending: bool | None = None
    row_remap_failed: bool | None = None
    pcie_generation: int | None = None
    pcie_generation_max: int | None = None
    pcie_width: int | None = None
    pcie_width_max: int | None = None
    persistence: bool | None = None
    compute_mode: str | None = None
    display_active: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One physical GPU; memory in bytes, bandwidth in bytes a second.

    `index` is the vendor tool's (nvidia-smi's) order. `compute_capability` is NVIDIA's `(major, minor)`,
    `gfx` AMD's target such as `gfx90a`. `driver_seen` is False where only the bus shows the card.
    `generation` and `tier` are the catalogue's words for the name (`GeForce RTX 30 series`, `60`). `driver` is the
    kernel's driver of an AMD or Intel GPU with its version, if it has one (`amdgpu 6.10.5`, `xe`); NVIDIA's stands in
    `Facts.nvidia_driver`. `driver_model` is `wddm`, `tcc` or `mcdm` on Windows. `memory_bus_width` is in bits.
    """

    vendor: GpuVendor
    index: int
    name: str | None = None
    uuid: str | None = None
    serial: str | None = None
    pci_bus_id: str | None = None
    pci_device_id: str | None = None
    driver_seen: bool = True
    architecture: str | None = None
    generation: str | None = None
    tier: str | None = None
    compute_capability: tuple[int, int] | None = None
    gfx: str | None = None
    cores: int | None = None
    memory_total: int | None = None
    memory_free: int | None = None
    memory_used: int | None = None
    memory_bus_width: int | None = None
    memory_bandwidth: int | None = None
    driver: str | None = None
    driver_model: str | None = None
    numa_node: int | None = None
    nvlinks: int | None = None
    mig_mode: bool | None = None
    mig_instances: tuple[MigInstance, ...] = ()
    processes: tuple[GpuProcess, ...] | None = None
    health: GpuHealth = GpuHealth()


@dataclass(frozen=True, slots=True, kw_only=True)
class NvidiaDriver:
    """NVIDIA's driver. `version` is what the library answers, `kernel_module` what the loaded module says (Linux).

    `cuda` is the newest CUDA that the driver itself brings, `(13, 0)`. `source` is `nvml`, `nvidia-smi` or `proc`.
    `error` is the text of a library that is there but failed.
    """

    version: str | None = None
    kernel_module: str | None = None
    library: str | None = None
    cuda: tuple[int, int] | None = None
    source: str | None = None
    error: str | None = None
