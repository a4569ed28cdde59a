"""AMD's GPUs: the amdgpu driver's files in /sys, KFD's topology for the gfx target; rocminfo where /sys has none."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from devlint.doctor.catalog.gpus import pci_name
from devlint.doctor.facts.gpu import Gpu, GpuHealth, GpuVendor
from devlint.doctor.probes import sysfs
from devlint.doctor.probes.commands import run_bounded
from devlint.doctor.probes.known import described

_KFD = "sys/class/kfd/kfd/topology/nodes"
_AMD = 0x1002
_LIMIT = 5.0
_AGENT = re.compile(r"\*{7,}\s*\nAgent \d+\s*\n\*{7,}\s*\n")
_FIELD = re.compile(r"^ +(Name|Marketing Name|Uuid|Device Type|Compute Unit): +(.*?) *$", re.MULTILINE)
_POOL = re.compile(r"Segment: +GLOBAL; FLAGS: COARSE GRAINED.*\n +Size: +(\d+)")
_MICRO = 1_000_000


def probe(root: Path = Path("/")) -> tuple[Gpu, ...]:
    """The GPUs that the amdgpu driver runs."""
    devices = [each for each in sysfs.gpus(root) if each.vendor == "1002" and each.driver == "amdgpu"]
    if devices:
        targets = dict(_targets(root))
        version = sysfs.read(root / "sys/module/amdgpu/version")
        driver = f"amdgpu {version}" if version else "amdgpu"
        return tuple(described(_gpu(index, each, targets, driver)) for index, each in enumerate(devices))
    if program := shutil.which("rocminfo"):  # WSL has ROCm without /sys
        return tuple(described(gpu) for gpu in from_rocminfo(run_bounded([program], limit=_LIMIT)))
    return ()


def _targets(root: Path) -> Iterator[tuple[tuple[int, int], str]]:
    """The gfx target of each GPU by its domain and place on the bus, as KFD writes them."""
    for node in (root / _KFD).glob("*"):
        text = sysfs.read(node / "properties") or ""
        values = {name: int(value) for name, value in re.findall(r"^(\w+) (\d+)$", text, re.MULTILINE)}
        version = values.get("gfx_target_version", 0)
        if values.get("vendor_id") == _AMD and version:
            yield (values.get("domain", 0), values.get("location_id", -1)), gfx_name(version)


def gfx_name(version: int) -> str:
    """KFD's number as the name: 90010 is gfx90a, 110001 is gfx1101; minor and stepping are hexadecimal digits."""
    return f"gfx{version // 10000}{version // 100 % 100:x}{version % 100:x}"


def _location(address: str) -> tuple[int, int]:
    """`0000:c2:00.0` as KFD's domain and location_id."""
    domain, bus, place = address.split(":")
    device, function = place.split(".")
    return int(domain, 16), int(bus, 16) << 8 | int(device, 16) << 3 | int(function, 16)


def _gpu(index: int, device: sysfs.PciDevice, targets: dict[tuple[int, int], str], driver: str) -> Gpu:
    total, used = device.number("mem_info_vram_total"), device.number("mem_info_vram_used")
    name = pci_name(device.vendor, device.device, device.revision)
    return Gpu(
        vendor=GpuVendor.AMD,
        index=index,
        name=device.text("product_name") or name,
        uuid=device.text("unique_id"),
        serial=device.text("serial_number"),
        pci_bus_id=device.address,
        pci_device_id=f"{device.vendor}:{device.device}",
        gfx=targets.get(_location(device.address)),
        memory_total=total,
        memory_used=used,
        memory_free=None if total is None or used is None else total - used,
        driver=driver,
        numa_node=sysfs.numa_node(device),
        health=_health(device),
    )


def _health(device: sysfs.PciDevice) -> GpuHealth:
    sensors = next(iter(sorted(device.folder.glob("hwmon/hwmon*"))), device.folder)

    def scaled(name: str, unit: int) -> float | None:
        value = sysfs.number(sensors / name)
        return None if value is None else value / unit

    temperature, draw = scaled("temp1_input", 1000), scaled("power1_average", _MICRO)
    return GpuHealth(
        temperature=None if temperature is None else round(temperature),
        utilisation_percent=device.number("gpu_busy_percent"),
        memory_utilisation_percent=device.number("mem_busy_percent"),
        power_draw=scaled("power1_input", _MICRO) if draw is None else draw,
        power_limit=scaled("power1_cap", _MICRO),
        power_default=scaled("power1_cap_default", _MICRO),
        power_max=scaled("power1_cap_max", _MICRO),
        pcie_generation=sysfs.link_generation(device.text("current_link_speed")),
        pcie_generation_max=sysfs.link_generation(device.text("max_link_speed")),
        pcie_width=device.number("current_link_width"),
        pcie_width_max=device.number("max_link_width"),
    )


def from_rocminfo(text: str) -> Iterator[Gpu]:
    """The GPU agents in what rocminfo prints."""
    index = 0
    for agent in _AGENT.split(text)[1:]:
        fields: dict[str, str] = {}
        for name, value in _FIELD.findall(agent):
            fields.setdefault(name, value)  # an agent's instruction sets have names, too
        if fields.get("Device Type") != "GPU":
            continue
        pool = _POOL.search(agent)
        yield Gpu(
            vendor=GpuVendor.AMD,
            index=index,
            name=fields.get("Marketing Name") or None,
            uuid=fields.get("Uuid"),
            gfx=fields.get("Name"),
            memory_total=int(pool[1]) * 1024 if pool else None,
        )
        index += 1
