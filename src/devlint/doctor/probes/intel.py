"""Intel's discrete GPUs, as the i915 or xe kernel driver shows them in /sys."""

from __future__ import annotations

from pathlib import Path

from devlint.doctor.catalog.gpus import pci_name
from devlint.doctor.facts.gpu import Gpu, GpuHealth, GpuVendor
from devlint.doctor.probes import pci, sysfs
from devlint.doctor.probes.known import described

_DRIVERS = ("i915", "xe")


def probe(root: Path = Path("/")) -> tuple[Gpu, ...]:
    """The GPUs which a driver runs; those inside a processor that PyTorch has no build for are left out."""
    running = (each for each in sysfs.gpus(root) if each.vendor == "8086" and each.driver in _DRIVERS)
    return tuple(described(_gpu(index, each)) for index, each in enumerate(filter(pci.is_for_compute, running)))


def _gpu(index: int, device: sysfs.PciDevice) -> Gpu:
    memory = [sysfs.number(path) for path in sorted(device.folder.glob("drm/card*/lmem_total_bytes"))]
    return Gpu(
        vendor=GpuVendor.INTEL,
        index=index,
        name=pci_name(device.vendor, device.device),
        pci_bus_id=device.address,
        pci_device_id=f"{device.vendor}:{device.device}",
        memory_total=memory[0] if memory else None,
        driver=device.driver,
        numa_node=sysfs.numa_node(device),
        health=GpuHealth(
            pcie_generation=sysfs.link_generation(device.text("current_link_speed")),
            pcie_generation_max=sysfs.link_generation(device.text("max_link_speed")),
            pcie_width=device.number("current_link_width"),
            pcie_width_max=device.number("max_link_width"),
        ),
    )
