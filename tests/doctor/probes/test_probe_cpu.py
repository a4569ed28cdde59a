"""Processors of the three systems, of composed and recorded texts, and of this machine."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from trees import write_tree

from devlint.doctor.catalog import cpus
from devlint.doctor.probes import cpu, cpu_linux, cpu_macos, cpu_windows
from devlint.doctor.probes.answer import Gaps, NotAvailable

DATA = Path(__file__).parent / "data"
SYSTEM = "sys/devices/system"


def data(name: str) -> str:
    return (DATA / name).read_text()


def unasked() -> str:
    raise AssertionError("archspec should not have been asked")


def topology(cores: Sequence[str], package: Sequence[int] | None = None) -> dict[str, str]:
    """Files of processors whose thread siblings are these lists."""
    files = {f"{SYSTEM}/cpu/online": f"0-{len(cores) - 1}\n"}
    for number, siblings in enumerate(cores):
        folder = f"{SYSTEM}/cpu/cpu{number}/topology"
        files[f"{folder}/thread_siblings_list"] = f"{siblings}\n"
        files[f"{folder}/physical_package_id"] = f"{package[number] if package else 0}\n"
    return files


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "cpuinfo-i9-13900k.txt",
            {"vendor": "GenuineIntel", "family": 6, "model_number": 183, "stepping": 1, "physical_address_bits": 46},
        ),
        ("cpuinfo-graviton3.txt", {"vendor": "0x41", "family": 8, "model_number": 0xD40, "bogomips": 2100.0}),
    ],
)
def test_cpuinfo(name: str, expected: dict[str, object]) -> None:
    found = cpu_linux.from_cpuinfo(data(name))
    assert {key: found[key] for key in expected} == expected
    assert {"avx2", "bf16"} & set(found["features"])


def test_base_frequency_that_the_name_states() -> None:
    assert cpu_linux.from_cpuinfo("model name : Intel(R) Xeon(R) CPU @ 2.20GHz\n")["base_mhz"] == 2200.0


def test_linux_hybrid_with_two_kinds_of_cores(tmp_path: Path) -> None:
    files = {
        "proc/cpuinfo": data("cpuinfo-i9-13900k.txt"),
        **topology(["0-1", "0-1", "2-3", "2-3", "4", "5", "6"]),
        "sys/devices/cpu_core/cpus": "0-3\n",
        "sys/devices/cpu_atom/cpus": "4-6\n",
        f"{SYSTEM}/cpu/cpu0/cpufreq/base_frequency": "3000000\n",
        f"{SYSTEM}/cpu/cpu0/cpufreq/cpuinfo_max_freq": "5800000\n",
        f"{SYSTEM}/node/node0/cpulist": "0-6\n",
    }
    found = cpu_linux.read(write_tree(tmp_path, files))
    assert (found["threads"], found["cores"], found["sockets"]) == (7, 5, 1)
    assert (found["performance_cores"], found["efficiency_cores"]) == (2, 3)
    assert (found["base_mhz"], found["max_mhz"]) == (3000.0, 5800.0)
    assert (found["numa_nodes"], found["numa_cpus"]) == (1, ("0-6",))


def test_linux_two_sockets_with_offline_threads_and_caches(tmp_path: Path) -> None:
    files = topology(["0,4", "1,5", "2,6", "3,7", "0,4", "1,5", "2,6", "3,7"], [0, 0, 1, 1, 0, 0, 1, 1])
    files |= {
        "proc/cpuinfo": "",
        f"{SYSTEM}/cpu/online": "0-3\n",
        f"{SYSTEM}/cpu/cpu0/acpi_cppc/nominal_freq": "2450\n",
    }
    for node, listed in enumerate(("0-1,4-5", "2-3,6-7")):
        files[f"{SYSTEM}/node/node{node}/cpulist"] = listed
    for number in range(4):
        for index, (level, kind, size, shared) in enumerate(
            [
                ("1", "Data", "32K", str(number)),
                ("1", "Instruction", "64K", str(number)),
                ("3", "Unified", "1024K", "0-3"),
            ]
        ):
            folder = f"{SYSTEM}/cpu/cpu{number}/cache/index{index}"
            files |= {f"{folder}/level": level, f"{folder}/type": kind, f"{folder}/size": size}
            files[f"{folder}/shared_cpu_list"] = shared
    found = cpu_linux.read(write_tree(tmp_path, files))
    assert (found["threads"], found["cores"], found["sockets"], found["base_mhz"]) == (4, 4, 2, 2450.0)
    assert found["performance_cores"] is None
    assert found["caches"] == {"L1d": 4 * 32 << 10, "L1i": 4 * 64 << 10, "L3": 1 << 20}
    assert found["numa_nodes"] == 2


def test_linux_on_arm_with_two_kinds_of_cores(tmp_path: Path) -> None:
    parts = ["0xd87", "0xd87", "0xd85"]  # Cortex-A725 and Cortex-X925
    cpuinfo = "".join(f"processor\t: {n}\nCPU implementer\t: 0x41\nCPU part\t: {p}\n\n" for n, p in enumerate(parts))
    capacities = {f"{SYSTEM}/cpu/cpu{number}/cpu_capacity": size for number, size in enumerate(["718", "718", "1024"])}
    files = {"proc/cpuinfo": cpuinfo, **topology(["0", "1", "2"]), **capacities}
    found = cpu_linux.read(write_tree(tmp_path, files))
    assert (found["performance_cores"], found["efficiency_cores"], found["model_number"]) == (1, 2, 0xD85)


def test_linux_without_sys(tmp_path: Path) -> None:
    found = cpu_linux.read(write_tree(tmp_path, {"proc/cpuinfo": data("cpuinfo-graviton3.txt")}))
    assert found["vendor"] == "0x41"
    assert "cores" not in found and found["caches"] is None


def test_apple_processor() -> None:
    found = cpu_macos.from_sysctl(data("sysctl-apple-m1-pro.txt"))
    assert found["model"] == "Apple M1 Pro"
    assert (found["cores"], found["threads"], found["performance_cores"], found["efficiency_cores"]) == (8, 8, 6, 2)
    assert found["caches"] == {"L1d": 131072, "L1i": 196608, "L2": 12582912}
    assert {"dotprod", "fp16"} <= set(found["features"]) and "bf16" not in found["features"]
    assert "hypervisor" not in found
    assert cpu.microarchitecture(found, unasked).words == "Apple M1"


def test_mac_of_intel() -> None:
    found = cpu_macos.from_sysctl(data("sysctl-intel-i5-5250u.txt"))
    assert (found["cores"], found["threads"], found["base_mhz"], found["max_mhz"]) == (2, 4, 1600.0, 2700.0)
    assert {"avx", "avx2", "sse4_2", "f16c"} <= set(found["features"])
    assert "performance_cores" not in found
    assert cpu.microarchitecture(found, unasked).words == "Broadwell"


def test_mac_that_answers_nothing() -> None:
    assert cpu_macos.from_sysctl("") == {}


def test_windows_registry() -> None:
    values = {
        "ProcessorNameString": "AMD Ryzen 9 5900X 12-Core Processor            ",
        "Identifier": "AMD64 Family 25 Model 33 Stepping 2",
        "VendorIdentifier": "AuthenticAMD",
        "~MHz": 3700,
    }
    found = cpu_windows.from_registry(values)
    assert found["model"] == "AMD Ryzen 9 5900X 12-Core Processor"
    assert found["base_mhz"] == 3700.0
    assert cpu.microarchitecture(found, unasked).words == "Zen 3"
    assert cpu_windows.from_registry({}) == {}


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<II", kind, len(body) + 8) + body


def core(efficiency_class: int, *masks: int) -> bytes:
    groups = b"".join(struct.pack("<QHHHH", mask, 0, 0, 0, 0) for mask in masks)
    return record(0, struct.pack("<BB20xH", 0, efficiency_class, len(masks)) + groups)


def test_windows_relations_of_a_hybrid() -> None:
    data = b"".join(
        [
            *(core(1, 0b11 << 2 * number) for number in range(6)),
            *(core(0, 1 << number) for number in range(12, 16)),
            record(3, bytes(40)),
            record(1, bytes(40)),
            *(record(2, struct.pack("<BBHII20x", 1, 8, 64, 48 << 10, 2)) for _ in range(6)),
            record(2, struct.pack("<BBHII20x", 3, 12, 64, 20 << 20, 0)),
            record(2, struct.pack("<BBHII20x", 1, 12, 64, 1 << 10, 3)),  # a trace cache
            record(9, b""),
        ]
    )
    found = cpu_windows.from_relations(data)
    assert (found["cores"], found["threads"], found["sockets"], found["numa_nodes"]) == (10, 16, 1, 1)
    assert (found["performance_cores"], found["efficiency_cores"]) == (6, 4)
    assert found["caches"] == {"L1d": 6 * 48 << 10, "L3": 20 << 20}


def test_windows_relations_of_more_than_64_threads() -> None:
    found = cpu_windows.from_relations(core(0, 0b11) * 64 + core(0, 0b11, 0b1))
    assert (found["cores"], found["threads"], found["performance_cores"]) == (65, 131, None)


@pytest.mark.parametrize("data", [b"", b"\0" * 7, b"\0" * 64, record(7, b"x" * 9)])
def test_windows_relations_of_nonsense(data: bytes) -> None:
    assert cpu_windows.from_relations(data)["cores"] is None


@pytest.mark.parametrize(
    ("vendor", "family", "model", "stepping", "words"),
    [
        ("AuthenticAMD", 25, 17, 1, "Zen 4"),  # EPYC Genoa, whose flags a hypervisor hides
        ("AuthenticAMD", 25, 1, 1, "Zen 3"),  # EPYC Milan
        ("AuthenticAMD", 25, 0x44, 1, "Zen 3+"),  # Ryzen 6000 mobile
        ("AuthenticAMD", 23, 49, 0, "Zen 2"),  # EPYC Rome
        ("AuthenticAMD", 23, 8, 2, "Zen+"),  # Ryzen 2000
        ("AuthenticAMD", 26, 0x44, 0, "Zen 5"),  # Ryzen 9000
        ("GenuineIntel", 6, 85, 4, "Skylake-SP"),
        ("GenuineIntel", 6, 85, 7, "Cascade Lake"),
        ("GenuineIntel", 6, 85, 11, "Cooper Lake"),
        ("GenuineIntel", 6, 158, 9, "Kaby Lake"),
        ("GenuineIntel", 6, 158, 13, "Coffee Lake"),
        ("GenuineIntel", 6, 143, 8, "Sapphire Rapids"),
        ("GenuineIntel", 6, 183, 1, "Raptor Lake"),
        ("0x41", 8, 0xD4F, 0, "Arm Neoverse V2"),  # Grace, Graviton4
    ],
)
def test_microarchitectures(vendor: str, family: int, model: int, stepping: int, words: str) -> None:
    found = cpus.by_model(vendor, family, model, stepping)
    assert found is not None and found.words == words


def test_implementers() -> None:
    assert [cpus.implementer(vendor) for vendor in ("0x4e", "0x99", "AuthenticAMD", None)] == [
        "NVIDIA",
        "0x99",
        "AuthenticAMD",
        None,
    ]


def test_no_two_rows_of_the_table_hold_the_same_numbers() -> None:
    seen = set()
    for row in cpus._rows():
        numbers = {(row.vendor, row.family, model, row.stepping) for model in row.models}
        assert not numbers & seen, row
        seen |= numbers


def test_archspec_is_asked_only_for_what_the_table_lacks() -> None:
    assert cpus.by_model("AuthenticAMD", 99, 1) is None
    found = cpu.microarchitecture({"vendor": "AuthenticAMD", "family": 99, "model_number": 1}, lambda: "zen5")
    assert (found.name, found.words, found.year) == ("zen5", "Zen 5", 2024)
    with pytest.raises(NotAvailable, match="archspec only says `x86_64_v4`"):
        cpu.microarchitecture({}, lambda: "x86_64_v4")


def test_names_are_those_of_archspec_where_it_has_the_design() -> None:
    targets = pytest.importorskip("archspec.cpu").TARGETS
    words = {"zen", "zen4", "skylake", "icelake", "sapphirerapids", "neoverse_v2", "m1", "alderlake"}
    assert all(name in targets and cpus.by_name(name) for name in words)


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("lscpu"), reason="needs lscpu")
def test_agrees_with_lscpu_and_nproc() -> None:
    """Every line of lscpu that the facts have, too."""
    printed = subprocess.run(["lscpu"], capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C"})
    said = dict(re.findall(r"^(.+?):\s+(.*)$", printed.stdout, re.MULTILINE))
    facts = cpu.probe(Gaps("cpu"))
    pairs = {
        "Architecture": facts.architecture,
        "CPU(s)": facts.threads,
        "Model name": facts.model,
        "CPU family": facts.family,
        "Model": facts.model_number,
        "Stepping": facts.stepping,
        "Socket(s)": facts.sockets,
        "Hypervisor vendor": facts.hypervisor,
        "NUMA node(s)": facts.numa_nodes,
        "Vendor ID": facts.vendor,
        "Flags": facts.features and " ".join(facts.features),
    }
    compared = {
        key: value for key, value in pairs.items() if key in said and not said["Architecture"].startswith("aarch")
    }
    assert {key: said[key] for key in compared} == {key: str(value) for key, value in compared.items()}
    if "Core(s) per socket" in said and "Socket(s)" in said:
        assert facts.cores == int(said["Core(s) per socket"]) * int(said["Socket(s)"])
    usable = subprocess.run(["nproc"], capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]})
    assert facts.affinity == int(usable.stdout)
