"""GPUs that the PCI bus shows, whether a driver answers for them or not."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from devlint.doctor.catalog.gpus import pci_name
from devlint.doctor.facts.gpu import Gpu, GpuVendor
from devlint.doctor.probes import sysfs
from devlint.doctor.probes.commands import run_bounded
from devlint.doctor.probes.known import described

VENDORS = {"10de": GpuVendor.NVIDIA, "1002": GpuVendor.AMD, "8086": GpuVendor.INTEL}
_DATABASES = ("usr/share/misc/pci.ids", "usr/share/hwdata/pci.ids", "var/lib/pciutils/pci.ids")
_POWERSHELL = (
    "powershell.exe",
    "-NoProfile",
    "-NonInteractive",
    "-Command",
    "Get-CimInstance Win32_VideoController | Select-Object Name, PNPDeviceID | ConvertTo-Json",
)
_PNP = re.compile(r"PCI\\VEN_(\w{4})&DEV_(\w{4}).*?&REV_(\w{2})", re.IGNORECASE)
_LIMIT = 10.0


def probe(root: Path = Path("/")) -> tuple[Gpu, ...]:
    """The GPUs on the bus, all with `driver_seen=False`: who asks a driver knows better."""
    if sys.platform == "win32":
        return tuple(from_windows(run_bounded(_POWERSHELL, limit=_LIMIT)))
    return tuple(
        described(_gpu(index, device, root))
        for index, device in enumerate(each for each in sysfs.gpus(root) if is_for_compute(each))
    )


def is_for_compute(device: sysfs.PciDevice) -> bool:
    """Whether it is a GPU that PyTorch might use: of Intel's, only those that the catalogue knows."""
    return device.vendor in VENDORS and (device.vendor != "8086" or pci_name("8086", device.device) is not None)


def _gpu(index: int, device: sysfs.PciDevice, root: Path) -> Gpu:
    return Gpu(
        vendor=VENDORS[device.vendor],
        index=index,
        name=pci_name(device.vendor, device.device, device.revision) or _database_name(device, root),
        pci_bus_id=device.address,
        pci_device_id=f"{device.vendor}:{device.device}",
        driver_seen=False,
        numa_node=sysfs.numa_node(device),
    )


def _database_name(device: sysfs.PciDevice, root: Path) -> str | None:
    """The name in the system's own list of PCI ids, which has every card and few marketing names."""
    for place in _DATABASES:
        if text := sysfs.read(root / place):
            vendor = re.search(rf"^{device.vendor}  .*\n((?:[\t#].*\n?)*)", text, re.MULTILINE)
            found = vendor and re.search(rf"^\t{device.device}  (.+)$", vendor[1], re.MULTILINE)
            return found[1] if found else None
    return None


def from_windows(text: str) -> Iterator[Gpu]:
    """The GPUs in what Windows answers: a JSON object, or a list of them."""
    answer = json.loads(text)
    for index, each in enumerate(answer if isinstance(answer, list) else [answer]):
        found = _PNP.match(each.get("PNPDeviceID") or "")
        if found is None or (vendor := VENDORS.get(found[1].lower())) is None:
            continue
        device, revision = found[2].lower(), found[3].lower()
        name = pci_name(found[1], device, revision) or each.get("Name")
        yield described(
            Gpu(vendor=vendor, index=index, name=name, pci_device_id=f"{found[1].lower()}:{device}", driver_seen=False)
        )
