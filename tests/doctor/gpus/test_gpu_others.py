"""AMD's, Intel's and Apple's GPUs, and those which only the PCI bus shows, in made-up trees of /sys."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from devlint.doctor.facts.gpu import Gpu, GpuVendor
from devlint.doctor.probes import amd, apple, intel, pci
from devlint.doctor.probes.answer import NotAvailable
from devlint.doctor.probes.known import described

DATA = Path(__file__).parent / "data"
linux = pytest.mark.skipif(sys.platform == "win32", reason="/sys is Linux's")


class Sys:
    """A root folder whose /sys has the devices that a test adds."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def device(self, address: str, vendor: str, device: str, *, driver: str | None = None, **files: object) -> None:
        folder = self.root / "sys/bus/pci/devices" / address
        files = {"vendor": f"0x{vendor}", "device": f"0x{device}", "class": "0x030000", "revision": "0xa1", **files}
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{content}\n")
        if driver is not None:
            target = self.root / "sys/bus/pci/drivers" / driver
            target.mkdir(parents=True, exist_ok=True)
            os.symlink(target, folder / "driver")

    def node(self, number: int, **properties: int) -> None:
        folder = self.root / "sys/class/kfd/kfd/topology/nodes" / str(number)
        folder.mkdir(parents=True)
        (folder / "properties").write_text("".join(f"{name} {value}\n" for name, value in properties.items()))


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sys:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return Sys(tmp_path)


def test_machine_without_anything(system: Sys) -> None:
    assert amd.probe(system.root) == intel.probe(system.root) == pci.probe(system.root) == ()


@linux
def test_amd_instinct(system: Sys) -> None:
    """One of the two halves of an MI250X, with KFD's numbers as in ROCm/aiter issue 179."""
    system.device(
        "0000:93:00.0",
        "1002",
        "740c",
        driver="amdgpu",
        **{
            "class": "0x120000",
            "revision": "0x01",
            "product_name": "AMD INSTINCT MI250X (MCM) OAM AC MBA",
            "unique_id": "124d13ccd7b050e5",
            "mem_info_vram_total": 64 << 30,
            "mem_info_vram_used": 1 << 30,
            "numa_node": 1,
            "gpu_busy_percent": 42,
            "mem_busy_percent": 7,
            "current_link_speed": "16.0 GT/s PCIe",
            "max_link_speed": "16.0 GT/s PCIe",
            "current_link_width": 8,
            "max_link_width": 16,
            "hwmon/hwmon3/temp1_input": 41000,
            "hwmon/hwmon3/power1_average": 93000000,
            "hwmon/hwmon3/power1_cap": 500000000,
            "hwmon/hwmon3/power1_cap_default": 560000000,
            "hwmon/hwmon3/power1_cap_max": 560000000,
        },
    )
    system.node(0, cpu_cores_count=64, gfx_target_version=0, vendor_id=0)
    system.node(1, vendor_id=4098, device_id=29708, location_id=0x9300, domain=0, gfx_target_version=90010)
    (system.root / "sys/module/amdgpu").mkdir(parents=True)
    (system.root / "sys/module/amdgpu/version").write_text("6.10.5\n")
    (card,) = amd.probe(system.root)
    assert (card.vendor, card.driver) == (GpuVendor.AMD, "amdgpu 6.10.5")
    assert (card.gfx, card.architecture) == ("gfx90a", "CDNA 2")
    assert (card.memory_total, card.memory_free, card.memory_used) == (64 << 30, 63 << 30, 1 << 30)
    assert (card.numa_node, card.pci_bus_id, card.pci_device_id) == (1, "0000:93:00.0", "1002:740c")
    health = card.health
    assert (health.temperature, health.utilisation_percent, health.memory_utilisation_percent) == (41, 42, 7)
    assert (health.power_draw, health.power_limit, health.power_default) == (93.0, 500.0, 560.0)
    assert (health.pcie_generation, health.pcie_width, health.pcie_width_max) == (4, 8, 16)
    assert pci.probe(system.root)[0].driver_seen is False


@linux
def test_amd_radeon_by_its_revision(system: Sys) -> None:
    """Without KFD, a name from the id and revision, and the gfx target of the catalogue."""
    system.device("0000:03:00.0", "1002", "744c", driver="amdgpu", revision="0xc8", numa_node=-1)
    (card,) = amd.probe(system.root)
    assert (card.name, card.gfx, card.tier) == ("AMD Radeon RX 7900 XTX", "gfx1100", "900")
    assert (card.generation, card.memory_bandwidth) == ("Radeon RX 7000 series", 960 * 10**9)
    assert (card.numa_node, card.memory_total, card.driver) == (None, None, "amdgpu")


@linux
def test_amd_card_without_its_driver_is_left_to_the_bus(system: Sys) -> None:
    system.device("0000:03:00.0", "1002", "744c", driver="vfio-pci", revision="0xc8")
    assert amd.probe(system.root) == ()
    (card,) = pci.probe(system.root)
    assert (card.name, card.driver_seen, card.gfx) == ("AMD Radeon RX 7900 XTX", False, "gfx1100")


@pytest.mark.parametrize(
    ("version", "name"),
    [(90010, "gfx90a"), (90402, "gfx942"), (90500, "gfx950"), (110001, "gfx1101"), (100300, "gfx1030")],
)
def test_gfx_target_is_named(version: int, name: str) -> None:
    assert amd.gfx_name(version) == name


def test_rocminfo_is_read() -> None:
    (card,) = [described(each) for each in amd.from_rocminfo((DATA / "rocminfo.txt").read_text())]
    assert (card.name, card.gfx, card.architecture) == ("AMD Instinct MI250X/MI250", "gfx90a", "CDNA 2")
    assert (card.memory_total, card.index, card.uuid) == (67092480 * 1024, 0, "GPU-0000000000000001")
    assert card.generation == "Instinct MI200 series"
    assert card.memory_bandwidth is None  # half a card's memory: the whole card's bandwidth would be wrong


def test_rocminfo_of_another_kind() -> None:
    assert list(amd.from_rocminfo("")) == []
    assert list(amd.from_rocminfo("ROCk module is NOT loaded, possibly no GPU devices")) == []


@linux
def test_rocminfo_where_sys_has_nothing(system: Sys) -> None:
    program = system.root / "bin/rocminfo"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n/bin/cat {DATA}/rocminfo.txt\n")
    program.chmod(0o755)
    assert [card.gfx for card in amd.probe(system.root)] == ["gfx90a"]
    program.write_text("#!/bin/sh\necho ROCk module is NOT loaded; exit 1\n")
    with pytest.raises(NotAvailable, match="rocminfo ended with exit code 1: ROCk module is NOT loaded"):
        amd.probe(system.root)


@linux
def test_intel_card_and_processor_graphics(system: Sys) -> None:
    system.device("0000:00:02.0", "8086", "a780", driver="i915")  # UHD Graphics 770: PyTorch has no build for it
    files = {"drm/card1/lmem_total_bytes": 16 << 30, "max_link_width": 16}
    system.device("0000:03:00.0", "8086", "56a0", driver="i915", **files)
    (card,) = intel.probe(system.root)
    assert (card.name, card.architecture, card.memory_total) == ("Intel Arc A770", "Xe-HPG (Alchemist)", 16 << 30)
    assert (card.driver, card.generation, card.health.pcie_width_max) == ("i915", "Arc A series", 16)
    assert [each.name for each in pci.probe(system.root)] == ["Intel Arc A770"]


@linux
def test_bus_shows_cards_without_a_driver(system: Sys) -> None:
    system.device("0000:01:00.0", "10de", "2684", numa_node=0)
    system.device("0000:01:00.1", "10de", "22ba", **{"class": "0x040300"})  # its sound
    system.device("0000:02:00.0", "10de", "2330", **{"class": "0x030200"})
    system.device("0000:03:00.0", "1af4", "1050")  # a virtual machine's display
    first, second = pci.probe(system.root)
    assert (first.name, first.compute_capability, first.tier) == ("NVIDIA GeForce RTX 4090", (8, 9), "90")
    assert (first.driver_seen, first.pci_device_id, first.numa_node) == (False, "10de:2684", 0)
    assert first.memory_total is None  # only the device can tell
    assert (second.name, second.index) == ("NVIDIA H100 80GB HBM3", 1)


PCI_IDS = """\
1002  Advanced Micro Devices, Inc. [AMD/ATI]
\tfff0  Not this one
10de  NVIDIA Corporation
\tfff0  GX999 [GeForce of tomorrow]
\t\t1043 8888  A board
8086  Intel Corporation
\tfff0  Nor this
"""


@linux
def test_unknown_card_has_the_name_of_the_systems_list(system: Sys) -> None:
    system.device("0000:01:00.0", "10de", "fff0")
    assert pci.probe(system.root)[0].name is None
    (system.root / "usr/share/misc").mkdir(parents=True)
    (system.root / "usr/share/misc/pci.ids").write_text(PCI_IDS)
    (card,) = pci.probe(system.root)
    assert (card.name, card.compute_capability, card.architecture) == ("GX999 [GeForce of tomorrow]", None, None)


def test_windows_names_what_the_bus_shows() -> None:
    first, second = pci.from_windows((DATA / "windows.json").read_text())
    assert (first.name, first.vendor, first.compute_capability) == ("NVIDIA GeForce RTX 4090", GpuVendor.NVIDIA, (8, 9))
    assert (second.name, second.vendor, second.driver_seen) == ("AMD Radeon RX 7900 XTX", GpuVendor.AMD, False)
    alone = json.dumps({"Name": "NVIDIA Something", "PNPDeviceID": "PCI\\VEN_10DE&DEV_FFF0&SUBSYS_0&REV_A1\\4"})
    assert [card.name for card in pci.from_windows(alone)] == ["NVIDIA Something"]


def test_apple_chip() -> None:
    card = described(apple.parse("Apple M3 Pro\n38654705664\n", (DATA / "displays.json").read_text()))
    assert (card.name, card.cores, card.memory_total) == ("Apple M3 Pro", 18, 36 << 30)
    assert (card.architecture, card.generation, card.tier) == ("Apple silicon", "Apple M3 family", "Pro")
    assert card.memory_bandwidth == 150 * 10**9


@pytest.mark.parametrize("displays", [None, "", "garbage", "{}", '{"SPDisplaysDataType": [{}]}'])
def test_apple_chip_whose_cores_are_not_known(displays: str | None) -> None:
    assert apple.parse("Apple M4\n17179869184\n", displays) == Gpu(
        vendor=GpuVendor.APPLE, index=0, name="Apple M4", memory_total=16 << 30
    )


def test_sysctl_of_another_kind() -> None:
    with pytest.raises(NotAvailable, match="sysctl names no chip of Apple's: ''"):
        apple.parse("", None)


def test_catalogue_never_overrules_the_device() -> None:
    told = Gpu(
        vendor=GpuVendor.NVIDIA,
        index=0,
        name="NVIDIA GeForce RTX 3060",
        memory_total=12 << 30,
        compute_capability=(8, 9),
        memory_bandwidth=1,
        architecture="Its own",
    )
    known = described(told)
    assert (known.compute_capability, known.memory_bandwidth, known.architecture) == ((8, 9), 1, "Its own")
    assert known.memory_total == told.memory_total
    assert described(Gpu(vendor=GpuVendor.NVIDIA, index=0)) == Gpu(vendor=GpuVendor.NVIDIA, index=0)
