"""NVIDIA's GPUs through the library and through nvidia-smi, with fakes that answer, refuse, hang and talk nonsense."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import fakenvml
import pytest

from devlint.doctor.facts.gpu import Gpu, GpuHealth, NvidiaDriver
from devlint.doctor.probes import nvidia, smi
from devlint.doctor.probes.answer import NotAvailable

DATA = Path(__file__).parent / "data"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fakes are shell scripts")


class Machine:
    """A machine with the software of NVIDIA's that a test puts on it, and no other."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.monkeypatch = folder, monkeypatch
        self.programs, self.packages = folder / "bin", folder / "packages"
        self.programs.mkdir()
        self.packages.mkdir()
        monkeypatch.setenv("PATH", str(self.programs))
        monkeypatch.setenv("PYTHONPATH", str(self.packages))
        self.library(failure=fakenvml.LIBRARY_NOT_FOUND)

    def library(self, *, failure: int | None = None, before: str = "") -> None:
        fakenvml.install(self.packages, failure=failure, before=before)

    def no_package(self) -> None:
        self.library(before="raise ModuleNotFoundError('No module named pynvml', name='pynvml')")

    def smi(self, script: str) -> None:
        program = self.programs / "nvidia-smi"
        program.write_text(f"#!/bin/sh\nexport PATH=/usr/bin:/bin\n{script}\n")
        program.chmod(0o755)

    def file(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def probe(self) -> nvidia.Answer:
        return nvidia.probe(self.folder)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


MODULE = (
    "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  535.54.03  Release Build  (user@host)\n"
    "GCC version:  gcc version 12.3.0\n"
)


def test_machine_without_anything(machine: Machine) -> None:
    assert machine.probe() == ((), None, None)


def test_library_tells_all(machine: Machine) -> None:
    machine.library()
    machine.file("proc/driver/nvidia/version", MODULE)
    gpus, driver, topology = machine.probe()
    assert driver == NvidiaDriver(version="535.54.03", kernel_module="535.54.03", cuda=(12, 2), source="nvml")
    assert topology == (("X", "SYS"), ("SYS", "X"))
    first = gpus[0]
    assert (first.name, first.architecture, first.compute_capability) == ("NVIDIA A100-SXM4-80GB", "Ampere", (8, 0))
    assert first.generation == "NVIDIA data centre, Ampere"
    assert (first.memory_total, first.memory_used) == (80 << 30, 50 << 20)
    assert first.memory_bandwidth == 5120 // 8 * 1593 * 2 * 10**6
    assert (first.pci_bus_id, first.pci_device_id) == ("00000000:01:00.0", "10de:20b2")
    assert (first.cores, first.numa_node, first.nvlinks, first.mig_mode) == (6912, 1, 11, False)
    assert first.processes is not None
    assert [(each.pid, each.memory, each.name) for each in first.processes] == [(1, 500 << 20, "/usr/bin/python3")]
    assert first.health == GpuHealth(
        temperature=27,
        utilisation_percent=65,
        memory_utilisation_percent=9,
        encoder_utilisation_percent=3,
        performance_state=0,
        power_draw=67.03,
        power_limit=400.0,
        power_default=500.0,
        power_max=500.0,
        sm_clock=1275,
        sm_clock_max=1410,
        memory_clock=1593,
        memory_clock_max=1593,
        throttle_reasons=("sw-power-cap", "sw-thermal-slowdown"),
        ecc_enabled=True,
        ecc_uncorrected=2,
        retired_pages_pending=True,
        row_remap_failed=False,
        pcie_generation=4,
        pcie_generation_max=4,
        pcie_width=8,
        pcie_width_max=16,
        persistence=False,
        compute_mode="exclusive-process",
        display_active=False,
    )


def test_what_a_card_does_not_tell_is_unknown(machine: Machine) -> None:
    machine.library()
    second = machine.probe()[0][1]
    assert second.mig_mode is True
    (part,) = second.mig_instances
    assert (part.uuid, part.profile, part.memory) == ("MIG-3", "1g.10gb", 9728 << 20)
    assert second.health == GpuHealth()
    assert (second.serial, second.nvlinks, second.processes, second.numa_node) == (None, None, None, None)
    assert second.compute_capability == (8, 0)  # of the catalogue, by its name


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (fakenvml.DRIVER_NOT_LOADED, "NVML: Driver Not Loaded"),
        (fakenvml.MISMATCH, "NVML: RM has detected an NVML/RM version mismatch."),
    ],
)
def test_library_that_refuses(machine: Machine, failure: int, error: str) -> None:
    machine.library(failure=failure)
    machine.file("proc/driver/nvidia/version", MODULE)
    expected = NvidiaDriver(kernel_module="535.54.03", source="nvml", error=error)
    assert machine.probe() == ((), expected, None)
    machine.smi("echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18")
    gpus, driver, _ = machine.probe()
    assert (gpus, driver) == ((), NvidiaDriver(kernel_module="535.54.03", source="nvidia-smi", error=error))


def test_library_that_hangs(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvidia, "_NVML_LIMIT", 0.5)
    machine.library(before="import time; time.sleep(60)")
    machine.smi("sleep 60")
    start = time.monotonic()
    gpus, driver, _ = machine.probe()
    assert (gpus, driver) == ((), NvidiaDriver(source="nvml", error="NVML did not answer within 0.5 s"))
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    ("before", "error"),
    [
        ("import os; os.abort()", "NVML was ended by SIGABRT"),
        ("import os; os.write(1, b'hello'); os._exit(0)", "NVML's answer was not understood: 'hello'"),
        ("import os; os._exit(0)", "NVML's answer was not understood: ''"),
        ("raise OSError('broken package')", "NVML ended with exit code 1: OSError: broken package"),
    ],
)
def test_library_that_breaks(machine: Machine, before: str, error: str) -> None:
    machine.library(before=before)
    _, driver, _ = machine.probe()
    assert driver == NvidiaDriver(source="nvml", error=error)


def test_package_missing_with_a_driver(machine: Machine) -> None:
    machine.no_package()
    assert machine.probe() == ((), None, None)
    machine.file("usr/lib64/libnvidia-ml.so.1", "")
    with pytest.raises(NotAvailable, match="package nvidia-ml-py is not installed: pip install "):
        machine.probe()


def test_kernel_module_without_a_library(machine: Machine) -> None:
    machine.file("proc/driver/nvidia/version", MODULE)
    _, driver, _ = machine.probe()
    assert driver is not None and driver.error == "the kernel module is loaded, and libnvidia-ml is missing"
    assert (driver.source, driver.kernel_module, driver.version) == ("proc", "535.54.03", None)


def test_library_file_is_followed(machine: Machine) -> None:
    machine.library(failure=fakenvml.MISMATCH)
    machine.file("usr/lib/x86_64-linux-gnu/libnvidia-ml.so.550.54.14", "")
    os.symlink("libnvidia-ml.so.550.54.14", machine.folder / "usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1")
    _, driver, _ = machine.probe()
    assert driver is not None and Path(driver.library or "").name == "libnvidia-ml.so.550.54.14"


def test_program_answers_for_the_library(machine: Machine) -> None:
    machine.no_package()
    uuid = "GPU-00000000-0000-0000-0000-000000000002"
    machine.smi(f'case "$1" in -q) cat {DATA}/t4.xml;; *) echo "{uuid}, 7.5";; esac')
    gpus, driver, topology = machine.probe()
    assert driver == NvidiaDriver(version="515.105.01", cuda=(11, 7), source="nvidia-smi")
    assert topology is None
    (card,) = gpus
    assert (card.name, card.compute_capability, card.memory_total) == ("Tesla T4", (7, 5), 15360 << 20)
    assert card.memory_bandwidth == 320 * 10**9  # of the catalogue


def test_numa_node_is_that_of_the_bus(machine: Machine) -> None:
    machine.no_package()
    machine.smi(f"cat {DATA}/rtx3080.xml")
    machine.file("sys/bus/pci/devices/0000:0c:00.0/numa_node", "1\n")
    assert machine.probe()[0][0].numa_node == 1
    machine.file("sys/bus/pci/devices/0000:0c:00.0/numa_node", "-1\n")
    assert machine.probe()[0][0].numa_node is None


def test_program_that_knows_no_capability(machine: Machine) -> None:
    machine.no_package()
    machine.smi(f'case "$1" in -q) cat {DATA}/t4.xml;; *) echo "Field is not a valid field to query."; exit 2;; esac')
    assert machine.probe()[0][0].compute_capability == (7, 5)


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("sleep 60", "nvidia-smi did not answer within 0.5 s"),
        ("exit 9", "nvidia-smi ended with exit code 9"),
        (
            "echo 'NVIDIA-SMI has failed because it cannot communicate with the driver.'; exit 9",
            "nvidia-smi ended with exit code 9: NVIDIA-SMI has failed because it cannot communicate with the driver.",
        ),
        ("echo garbage", "nvidia-smi printed something that is not its XML: syntax error: line 1, column 0"),
        ("echo '<html/>'", "nvidia-smi printed a document of another kind: <html>"),
        ("head -c 100 /dev/urandom", "nvidia-smi printed something that is not its XML: "),
    ],
)
def test_program_that_fails(machine: Machine, monkeypatch: pytest.MonkeyPatch, script: str, error: str) -> None:
    monkeypatch.setattr(nvidia, "_SMI_LIMIT", 0.5)
    machine.no_package()
    machine.smi(script)
    start = time.monotonic()
    gpus, driver, _ = machine.probe()
    assert time.monotonic() - start < 5
    assert gpus == () and driver is not None
    assert driver.source == "nvidia-smi" and (driver.error or "").startswith(error)


def test_xml_of_a_card_in_mig_mode() -> None:
    answer = smi.parse((DATA / "a100-mig.xml").read_text())
    assert answer["driver"] == {"version": "535.54.03", "cuda": [12, 2]}
    card = nvidia._gpu(answer["gpus"][0])
    assert isinstance(card, Gpu)
    assert card.mig_mode is True and [each.memory for each in card.mig_instances] == [19968 << 20] * 2
    assert (card.pci_bus_id, card.pci_device_id) == ("00000000:01:00.0", "10de:20b2")
    assert card.processes == () and card.driver_model is None
    health = card.health
    assert health.throttle_reasons == ("sw-power-cap", "sw-thermal-slowdown")
    assert (health.ecc_enabled, health.ecc_uncorrected, health.retired_pages_pending) == (True, 1, True)
    assert (health.power_draw, health.power_limit, health.power_default) == (67.03, 400.0, 500.0)
    assert (health.utilisation_percent, health.fan_percent, health.performance_state) == (None, None, 0)
    assert (health.pcie_width, health.pcie_width_max, health.compute_mode) == (16, 16, "default")


def test_xml_of_an_old_driver() -> None:
    card = nvidia._gpu(smi.parse((DATA / "t4.xml").read_text())["gpus"][0])
    assert card.mig_mode is None and card.mig_instances == ()
    assert card.processes is not None and [(each.pid, each.memory) for each in card.processes] == [(4242, 1028 << 20)]
    health = card.health
    assert (health.throttle_reasons, health.compute_mode) == (("gpu-idle",), "exclusive-process")
    assert (health.power_limit, health.retired_pages_pending, health.row_remap_failed) == (70.0, False, None)
    assert (health.pcie_width, health.pcie_width_max) == (8, 16)


def test_xml_of_a_new_driver() -> None:
    card = nvidia._gpu(smi.parse((DATA / "rtx3080.xml").read_text())["gpus"][0])
    assert (card.serial, card.driver_model) == (None, "wddm")
    assert card.processes is not None and card.processes[0].memory is None
    health = card.health
    assert (health.power_draw, health.power_limit, health.fan_percent) == (142.33, 320.0, 30)
    assert (health.ecc_enabled, health.ecc_uncorrected, health.throttle_reasons) == (None, None, None)
    assert (health.display_active, health.persistence, health.performance_state) == (True, True, 2)


def test_memory_tells_which_card_of_a_name_it_is(machine: Machine) -> None:
    machine.no_package()
    machine.smi(f"cat {DATA}/rtx3080.xml")
    (card,) = machine.probe()[0]
    assert card.memory_bandwidth == 912 * 10**9  # the 12 GB card's; the 10 GB card has 760
    assert (card.generation, card.tier, card.architecture) == ("GeForce RTX 30 series", "80", "Ampere")
