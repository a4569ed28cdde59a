"""PCI devices as Linux shows them in /sys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_DISPLAY, _ACCELERATOR = 0x03, 0x12
"""Base classes of the PCI specification: display controllers, and processing accelerators such as AMD's Instinct."""


@dataclass(frozen=True, slots=True)
class PciDevice:
    """A GPU on the bus: `vendor` and `device` are four hexadecimal digits, `driver` the kernel's for it, if any."""

    folder: Path
    vendor: str
    device: str
    revision: str | None
    driver: str | None

    @property
    def address(self) -> str:
        """Its place, such as `0000:c2:00.0`."""
        return self.folder.name

    def text(self, name: str) -> str | None:
        """The content of one of its files, stripped; None if it is not there, may not be read or is empty."""
        return read(self.folder / name)

    def number(self, name: str) -> int | None:
        """A file that holds a number, decimal or hexadecimal (`0x1002`)."""
        return number(self.folder / name)


def gpus(root: Path) -> Iterator[PciDevice]:
    """The GPUs on the PCI bus by address; none where the system has no /sys."""
    for folder in sorted((root / "sys/bus/pci/devices").glob("*")):
        kind = number(folder / "class")
        vendor, device = read(folder / "vendor"), read(folder / "device")
        if kind is None or kind >> 16 not in (_DISPLAY, _ACCELERATOR) or vendor is None or device is None:
            continue
        revision, driver = read(folder / "revision"), folder / "driver"
        yield PciDevice(
            folder,
            vendor.removeprefix("0x"),
            device.removeprefix("0x"),
            revision.removeprefix("0x") if revision else None,
            driver.resolve().name if driver.exists() else None,
        )


def read(path: Path) -> str | None:
    """A file's content, stripped; None if it is not there, may not be read or is empty."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() or None
    except OSError:  # some of these files fail while the device sleeps
        return None


def number(path: Path) -> int | None:
    """A file's content as a number."""
    try:
        return int(read(path) or "", 0)
    except ValueError:
        return None


def numa_node(device: PciDevice) -> int | None:
    """The NUMA node next to a device; None where the machine does not say (-1)."""
    node = device.number("numa_node")
    return node if node is not None and node >= 0 else None


def link_generation(speed: str | None) -> int | None:
    """`16.0 GT/s PCIe` is PCIe 4."""
    generations = {"2.5": 1, "5.0": 2, "8.0": 3, "16.0": 4, "32.0": 5, "64.0": 6}
    return generations.get((speed or "").split(" ")[0])
